//! Finds the policy that a path names, and loads it.
//!
//! Always true here: what a file is shows in its bytes, not in its name.

use std::env;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use scopegate::{Engine, EngineBuilder, Policy, Proof};
use scopegate_compiler::{Diagnostics, OwnPlaces, RuleSet, SOURCE_BYTES, plain_text};
use scopegate_store::{Allowance, Store, Version, check_identity};

use crate::arguments::{CacheChoice, PolicyChoice};
use crate::base::{self, Extending};
use crate::earlier;
use crate::foreign;
use crate::output;

/// The component of the default policy.
pub(crate) static DEFAULT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/default.wasm"));

/// The bytes that every WebAssembly file begins with.
const WASM: &[u8] = b"\0asm";

/// A rule set that compiles, with the file it is in.
pub(crate) struct Rules {
    pub(crate) file: PathBuf,
    /// Its text, with all that it extends.
    pub(crate) source: String,
    pub(crate) set: RuleSet,
    /// The text of the file itself, if it extends another.
    pub(crate) own: Option<String>,
}

/// What a path names.
#[expect(
    clippy::large_enum_variant,
    reason = "a run of the program makes one or two"
)]
pub(crate) enum Named {
    Rules(Box<Rules>),
    Component {
        file: PathBuf,
        bytes: Vec<u8>,
    },
    /// A version of the store, with what the operator allows the policy. Whether it is that version shows when it is loaded.
    Stored {
        name: String,
        version: Version,
        component: Vec<u8>,
        allowance: Allowance,
        /// What the store remembers to be proven of it.
        proof: Option<Proof>,
    },
}

impl Rules {
    /// Reads the rule set that `path` names: a file, or a folder's `policy.toml`. What is wrong with it is said on standard error.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        match named(path)? {
            Named::Rules(rules) => Ok(*rules),
            Named::Component { .. } | Named::Stored { .. } => bail!(
                "`{}` is a component, expected a rule set such as `policy.toml`",
                path.display()
            ),
        }
    }

    /// The rules' component. Why there is none is said on standard error.
    pub(crate) fn component(&self) -> anyhow::Result<Vec<u8>> {
        self.set.component().map_err(|diagnostics| {
            report(&diagnostics, &self.source, &self.file);
            anyhow!("the rule set `{}` does not compile", self.file.display())
        })
    }

    /// Says on standard error what the compiler noticed.
    pub(crate) fn warn(&self) {
        said(
            self.set.warnings(),
            &self.source,
            self.own.as_deref(),
            &self.file,
        );
    }
}

/// Reads what `path` names, and compiles it if it is a rule set.
pub(crate) fn named(path: &Path) -> anyhow::Result<Named> {
    let store = env::var_os("SCOPEGATE_STORE").map(PathBuf::from);
    named_in(path, store.as_deref())
}

/// The same, where it or what it extends may be in `store`.
pub(crate) fn named_in(path: &Path, store: Option<&Path>) -> anyhow::Result<Named> {
    named_through(path, store, &Extending::default())
}

/// The same, where what it names is extended by the rule sets of `above`.
pub(crate) fn named_through(
    path: &Path,
    store: Option<&Path>,
    above: &Extending,
) -> anyhow::Result<Named> {
    if !path.exists()
        && let Some(stored) = stored(path, store)?
    {
        return Ok(stored);
    }
    let file = file_of(path)?;
    let bytes = read(&file)?;
    if bytes.starts_with(WASM) {
        return Ok(Named::Component { file, bytes });
    }
    let Ok(source) = str::from_utf8(&bytes) else {
        bail!(
            "`{}` is neither a component nor a rule set: it is not UTF-8",
            file.display()
        );
    };
    let source = plain_text(source).into_owned();
    if source.len() > SOURCE_BYTES {
        bail!(
            "`{}` is neither a component nor a rule set: it has more than {SOURCE_BYTES} bytes",
            file.display()
        );
    }
    let (source, own) = match scopegate_compiler::extends(&source) {
        None => (source, None),
        Some(base) => (extended(&source, &base, &file, store, above)?, Some(source)),
    };
    match RuleSet::check(&source) {
        Ok(set) => Ok(Named::Rules(Box::new(Rules {
            file,
            source,
            set,
            own,
        }))),
        Err(diagnostics) => {
            said(&diagnostics, &source, own.as_deref(), &file);
            Err(anyhow!(
                "the rule set `{}` does not compile",
                file.display()
            ))
        }
    }
}

/// The version that `path` names in the store, or of the policy built in, if it looks like one: `name` or `name@version`.
fn stored(path: &Path, store: Option<&Path>) -> anyhow::Result<Option<Named>> {
    let text = path.to_str().unwrap_or_default();
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (text, None),
    };
    if name.is_empty() || name.contains(['/', '\\']) {
        return Ok(None);
    }
    let is_built_in = name == env!("SCOPEGATE_POLICY_NAME")
        && version.is_none_or(|version| version == env!("SCOPEGATE_POLICY_VERSION"));
    let earlier = version.and_then(|version| earlier::rules(name, version));
    let opened = store.map(Store::open).transpose()?;
    let known = match &opened {
        Some(store) if store.has(name) => store,
        _ if let Some(rules) = earlier => {
            let set = RuleSet::check(rules)
                .map_err(|_| anyhow!("the rules of `{text}` in this program are damaged"))?;
            let component = set
                .component()
                .map_err(|_| anyhow!("the rules of `{text}` in this program are damaged"))?;
            return Ok(Some(Named::Stored {
                name: name.to_owned(),
                version: set.version().parse()?,
                component,
                allowance: Allowance::default(),
                proof: None,
            }));
        }
        _ if is_built_in => {
            return Ok(Some(Named::Stored {
                name: name.to_owned(),
                version: env!("SCOPEGATE_POLICY_VERSION").parse()?,
                component: DEFAULT.to_owned(),
                allowance: Allowance::default(),
                proof: None,
            }));
        }
        // Such as a file that is not there.
        _ if name.contains('.') => return Ok(None),
        Some(_) => bail!(
            "there is no policy `{name}` in the store, and no file of that name: `scopegate policy list` shows the policies"
        ),
        None => bail!(
            "there is no file `{text}`, and no store is named: say `--store DIR`, or set `SCOPEGATE_STORE`"
        ),
    };
    let version = version.map(str::parse).transpose()?;
    let version = version_of(known, name, version)?;
    let proof = known.manifest(name, &version)?.proof;
    Ok(Some(Named::Stored {
        name: name.to_owned(),
        component: known.component(name, &version)?,
        version,
        allowance: known.allowance(name)?,
        proof,
    }))
}

/// Refuses a name that a file here has and a policy of the store too.
fn check_one_meaning(path: &Path, store: Option<&Path>) -> anyhow::Result<()> {
    let text = path.to_str().unwrap_or_default();
    let name = text.split('@').next().unwrap_or_default();
    let Some(folder) = store.filter(|_| path.exists() && !text.contains(['/', '\\'])) else {
        return Ok(());
    };
    if Store::open(folder).is_ok_and(|store| store.has(name)) {
        bail!(
            "`{text}` is a file or folder here, and a policy of the store `{}`: write `./{text}` for what is here, `{name}@VERSION` for the store's",
            folder.display()
        );
    }
    Ok(())
}

/// The version that is named, else the active one.
pub(crate) fn version_of(
    store: &Store,
    name: &str,
    version: Option<Version>,
) -> anyhow::Result<Version> {
    if let Some(version) = version {
        return Ok(version);
    }
    match store.active_as_activated(name)? {
        Some(active) => Ok(active.version),
        None => bail!("no version of `{name}` is active: name one, as `{name}@VERSION`"),
    }
}

/// The rules in `file` with all that they extend.
fn extended(
    source: &str,
    base: &str,
    file: &Path,
    store: Option<&Path>,
    above: &Extending,
) -> anyhow::Result<String> {
    let text = above
        .with(file)
        .and_then(|above| base::text(base, file, store, &above))
        .map_err(|error| base::because_of(error, base, file))?;
    scopegate_compiler::extend(source, &text).map_err(|diagnostics| {
        report(&diagnostics, source, file);
        anyhow!("the rule set `{}` does not compile", file.display())
    })
}

/// A component that was chosen, and how it is loaded.
pub(crate) struct Chosen {
    pub(crate) component: Vec<u8>,
    engine: Engine,
    /// The name and version that it has to have, if it was named by them.
    stored: Option<(String, Version)>,
}

impl Chosen {
    fn new(named: Named, engine: &Engine) -> anyhow::Result<Self> {
        let (component, engine, stored) = match named {
            Named::Rules(rules) => (rules.component()?, engine.clone(), None),
            Named::Component { bytes, .. } => (bytes, engine.clone(), None),
            Named::Stored {
                name,
                version,
                component,
                allowance,
                proof,
            } => {
                let engine = allowance.engine(engine).with_proof(proof);
                (component, engine, Some((name, version)))
            }
        };
        Ok(Self {
            component,
            engine,
            stored,
        })
    }

    /// Loads it; `path` is what named it, if anything did.
    pub(crate) fn load(&self, path: Option<&Path>) -> anyhow::Result<Policy> {
        let cannot = || match path {
            None => "the default policy cannot be loaded".to_owned(),
            Some(path) => format!("the policy `{}` cannot be loaded", path.display()),
        };
        let policy = self.engine.load(&self.component).with_context(cannot)?;
        if let Some((name, version)) = &self.stored {
            check_identity(name, version, policy.id()).with_context(cannot)?;
        }
        Ok(policy)
    }
}

/// The most bytes of a policy's file.
const FILE_BYTES: u64 = 256 << 20;

/// An engine, with the cache if there is one.
pub(crate) fn engine(choice: &CacheChoice) -> anyhow::Result<Engine> {
    Ok(foreign::elsewhere(builder(choice)).build()?)
}

fn builder(choice: &CacheChoice) -> EngineBuilder {
    match &choice.cache {
        Some(folder) => Engine::builder().cache(folder),
        None => Engine::builder(),
    }
}

/// The component of the policy that `path` names, or of the one built in.
pub(crate) fn chosen(
    path: Option<&Path>,
    store: Option<&Path>,
    cache: &CacheChoice,
) -> anyhow::Result<Chosen> {
    match path {
        // It is ours, so it is compiled here, beside the proof that it is.
        None => Ok(Chosen {
            component: DEFAULT.to_owned(),
            engine: builder(cache).build()?,
            stored: None,
        }),
        Some(path) => {
            check_one_meaning(path, store)?;
            let engine = engine(cache)?;
            Chosen::new(named_in(path, store)?, &engine)
        }
    }
}

/// Loads the policy that was chosen.
pub(crate) fn load(choice: &PolicyChoice) -> anyhow::Result<Policy> {
    let path = choice.policy.as_deref();
    chosen(path, choice.store.as_deref(), &choice.cache)?.load(path)
}

/// Says on standard error what the compiler found in a text, which may be that of `file` with what it extends.
fn said(diagnostics: &Diagnostics, source: &str, own: Option<&str>, file: &Path) {
    let Some(own) = own else {
        return report(diagnostics, source, file);
    };
    let (in_file, others) = OwnPlaces::new(source, own).placed(diagnostics);
    report(&in_file, own, file);
    let with_base = format!("{} with its base", file.display());
    report(&others, source, Path::new(&with_base));
}

/// Says on standard error what the compiler found in `file`.
pub(crate) fn report(diagnostics: &Diagnostics, source: &str, file: &Path) {
    if !diagnostics.is_empty() {
        let file = file.display().to_string();
        output::rendered(&(diagnostics.render(source, &file, true) + "\n"));
    }
}

/// The file of a policy: `path` itself, or in a folder `policy.toml` or the only component.
fn file_of(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let rules = path.join("policy.toml");
    if rules.exists() {
        return Ok(rules);
    }
    let cannot = || format!("the folder `{}` cannot be read", path.display());
    let mut components = Vec::new();
    for entry in fs::read_dir(path).with_context(cannot)? {
        let file = entry.with_context(cannot)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            components.push(file);
        }
    }
    match &*components {
        [component] => Ok(component.clone()),
        [] => bail!(
            "the folder `{}` holds no policy: expected a `policy.toml` or one `.wasm` file",
            path.display()
        ),
        several => bail!(
            "the folder `{}` holds {} components and no `policy.toml`: name one of them",
            path.display(),
            several.len()
        ),
    }
}

/// Reads a file, but no more of it than any policy has.
fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|open| open.take(FILE_BYTES).read_to_end(&mut bytes))
        .with_context(|| format!("the policy `{}` cannot be read", file.display()))?;
    Ok(bytes)
}
