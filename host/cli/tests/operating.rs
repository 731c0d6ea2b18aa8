//! `docs/operating.md`, followed word for word beside a live service: nothing on the page stops what decides.

mod program;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use program::json;
use program::serving::{Caller, Serving};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../../docs/operating.md");
const REQUEST: &str = include_str!("../../../policies/webriskops/1.0.0/examples/scan.json");

/// The blocks of commands in a section.
fn blocks(section: &str) -> Vec<&'static str> {
    let mut sections = PAGE.split("\n## ");
    let text = sections.find(|text| text.starts_with(&format!("{section}\n")));
    let text = text.expect("the page has the section");
    let blocks = text.split("```sh\n").skip(1);
    blocks
        .map(|rest| rest.split("```").next().expect("it ends"))
        .collect()
}

/// Somebody in a folder, who follows the page.
struct Reader {
    folder: TempDir,
}

impl Reader {
    fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().expect("a path").to_owned()
    }

    /// Runs commands of the page in a shell.
    fn follow(&self, commands: &str) {
        let program = Path::new(env!("CARGO_BIN_EXE_scopegate"));
        let mut places = vec![program.parent().expect("a folder").to_owned()];
        let others = env::var_os("PATH").expect("there is one");
        places.extend(env::split_paths(&others));
        let output = Command::new("sh")
            .args(["-euc", commands])
            .current_dir(self.folder.path())
            .env("PATH", env::join_paths(places).expect("paths"))
            .env("SCOPEGATE_STORE", self.path("scopegate-store"))
            .env("NO_COLOR", "1")
            .output()
            .expect("there is a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{commands}\n{said}");
    }
}

#[test]
fn keys_followed_word_for_word_stop_nothing() {
    for is_swapped in [false, true] {
        let reader = Reader {
            folder: tempfile::tempdir().expect("a folder"),
        };
        reader.follow(blocks("First policy")[0]);
        if is_swapped {
            let rules = reader.path("acme/policy.toml");
            let text = fs::read_to_string(&rules).expect("it is there");
            let next = text.replace("version = \"0.1.0\"", "version = \"0.2.0\"");
            fs::write(&rules, next).expect("a file");
            reader.follow(blocks("Swap and roll back")[0]);
        }
        let tokens = reader.path("tokens");
        let digest = scopegate_server::Tokens::digest("secret");
        fs::write(&tokens, format!("ops administer {digest}\n")).expect("a file");
        let store = reader.path("scopegate-store");
        let serving = Serving::new(&["--store", &store, "--tokens", &tokens]);
        let mut caller = Caller::new(serving.address);
        let mut request = json(REQUEST);
        request.as_object_mut().expect("an object").remove("now");
        let mut decides = |after: &str| {
            // The service looks at the store before it answers that: what was changed is what it decides with.
            let activate = "/v1/policies/acme/activate";
            let body = r#"{"version": "0.1.0"}"#;
            let (status, answer) = caller.call("POST", activate, Some("secret"), body);
            assert_eq!(status, 200, "after {after}: {answer}");
            let path = "/v1/decisions?policy=acme";
            let (status, answer) = caller.call("POST", path, Some("secret"), &request.to_string());
            assert_eq!(status, 200, "after {after}: {answer}");
        };
        decides("the start");
        let keys = blocks("Keys");
        assert!(keys.len() >= 3 && keys.concat().contains("key require yes"));
        for command in keys.iter().flat_map(|block| block.lines()) {
            reader.follow(command);
            decides(command);
        }
    }
}
