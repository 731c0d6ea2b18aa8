//! Policies written in WebAssembly text, for what no compiler would make.
//!
//! Always true here: a [`Guest`] that is not told otherwise is a good policy. It allows `scan`, denies `publish` for want of its one requirement
//! `approved`, and governs nothing else.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the data of a guest begins; below is its result.
const DATA: u32 = 1_024;

/// The first byte that is free for requests.
const FREE: u32 = 65_536;

/// The result of `evaluate` that allows.
pub(crate) const ALLOW: &str = "(call $decide (i32.const 0) (i32.const 0) (i32.const 0))";

/// A policy to be made.
pub(crate) struct Guest {
    /// Bodies of functions, in WebAssembly text: `describe` gives the address of its result, as do all others; the request is `$request`.
    pub(crate) describe: String,
    pub(crate) evaluate: String,
    pub(crate) explain: String,
    /// Further fields of the module.
    pub(crate) fields: String,
    /// Imports, which come first in a module.
    pub(crate) imports: String,
    /// The least pages of its memory.
    pub(crate) pages: u32,
    /// What it says its interface is.
    pub(crate) wit: String,
    /// What its manifest says.
    pub(crate) manifest: Texts,
}

/// The parts of a manifest that tests change.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) rules_digest: &'static str,
    pub(crate) actions: &'static [&'static str],
    /// Ids of requirements; the first names `scan` and `publish`, others only `scan`.
    pub(crate) requirements: &'static [&'static str],
    /// The action that the first requirement names besides `scan`.
    pub(crate) names: &'static str,
    pub(crate) code: &'static str,
    pub(crate) ready: &'static [&'static str],
}

impl Default for Guest {
    fn default() -> Self {
        // `scan` has 4 bytes, `publish` has 7.
        let by_action = "(if (result i32) (i32.eq (local.get $action_bytes) (i32.const 4))
            (then (call $decide (i32.const 0) (i32.const 0) (i32.const 0)))
            (else (call $decide (i32.const 1) (i32.eq (local.get $action_bytes) (i32.const 7)) (i32.const 0))))";
        let explain = "(i32.store (i32.const 0) (i32.const 0))
            (i32.store (i32.const 4) (i32.const 64)) (i32.store (i32.const 8) (i32.const 1))
            (i32.store (i32.const 64) (i32.const 0))
            (i32.store (i32.const 68) (i32.const 96)) (i32.store (i32.const 72) (i32.const 4))
            (i32.store (i32.const 96) (i32.const 160)) (i32.store (i32.const 100) (i32.const 8))
            (i32.store (i32.const 104) (i32.const 169)) (i32.store (i32.const 108) (i32.const 19))
            (i32.store (i32.const 112) (i32.const 189)) (i32.store (i32.const 116) (i32.const 19))
            (i32.store (i32.const 120) (i32.const 209)) (i32.store (i32.const 124) (i32.const 17))
            (i32.const 0)";
        Self {
            describe: format!("(i32.const {DATA})"),
            evaluate: by_action.to_owned(),
            explain: explain.to_owned(),
            fields: String::new(),
            imports: String::new(),
            pages: 2,
            wit: scopegate_contract::WIT.to_owned(),
            manifest: Texts {
                name: "guest",
                version: "1.2.3",
                rules_digest: "",
                actions: &["scan", "publish"],
                requirements: &["approved", "reviewed"],
                names: "publish",
                code: "MISSING_APPROVAL",
                ready: &["first", "second"],
            },
        }
    }
}

impl Guest {
    /// A good policy but for what `evaluate` does with `publish`.
    pub(crate) fn publishing(body: &str) -> Self {
        let evaluate = format!(
            "(if (result i32) (i32.eq (local.get $action_bytes) (i32.const 7)) (then {body}) (else {ALLOW}))"
        );
        Self {
            evaluate,
            ..Self::default()
        }
    }

    /// The component's bytes.
    pub(crate) fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        let package = resolve
            .push_source("gate.wit", &self.wit)
            .expect("the interface is well-formed");
        let world = resolve
            .select_world(&[package], Some("gate"))
            .expect("the world is there");
        let mut module = self.module();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .expect("the world can be embedded");
        let encoder = ComponentEncoder::default()
            .module(&module)
            .expect("the module has metadata");
        encoder
            .validate(true)
            .encode()
            .expect("the module fits its world")
    }

    /// The core module's bytes.
    pub(crate) fn module(&self) -> Vec<u8> {
        let Self {
            describe,
            evaluate,
            explain,
            fields,
            imports,
            pages,
            ..
        } = self;
        let data = self.data();
        let interface = scopegate_contract::INTERFACE;
        let mut explain_export = format!(
            "(func (export \"{interface}#explain\") (param $request i32) (result i32) {explain})"
        );
        if !self.wit.contains("explain: func") {
            explain_export.clear();
        }
        let text = format!(
            r#"(module
            {imports}
            (memory (export "memory") {pages})
            (global $free (mut i32) (i32.const {FREE}))
            (data (i32.const 160) "approver;scan.targets[1].url;attributes.teams[1];attributes.a.b[0]")
            (data (i32.const {DATA}) "{data}")
            {fields}
            ;; Never frees: each decision has a fresh instance.
            (func (export "cabi_realloc") (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.set $free (i32.add (local.get $at) (local.get $bytes)))
                (block $fits (loop $grow
                    (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
                    (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
                    unreachable))
                (local.get $at))
            ;; A decision with `unmet` requirements and `fallbacks`, counted from the first; both ready states hold.
            (func $decide (param $verdict i32) (param $unmet i32) (param $fallbacks i32) (result i32)
                (i32.store (i32.const 0) (i32.const 0))
                (i32.store (i32.const 4) (local.get $verdict))
                (i32.store (i32.const 8) (i32.const 64)) (i32.store (i32.const 12) (local.get $unmet))
                (i32.store (i32.const 16) (i32.const 136)) (i32.store (i32.const 20) (i32.const 2))
                (i32.store (i32.const 24) (i32.const 96)) (i32.store (i32.const 28) (local.get $fallbacks))
                (i32.store (i32.const 64) (i32.const 0)) (i32.store (i32.const 68) (i32.const 1)) (i32.store (i32.const 72) (i32.const 2))
                (i32.store (i32.const 136) (i32.const 0)) (i32.store (i32.const 140) (i32.const 1)) (i32.store (i32.const 144) (i32.const 2))
                (i32.store (i32.const 96) (i32.const 0x03020100))
                (i32.const 0))
            (func (export "{interface}#describe") (result i32) {describe})
            (func $evaluate (export "{interface}#evaluate") (param $request i32) (result i32)
                (local $action_bytes i32)
                (local.set $action_bytes (i32.load offset=4 (local.get $request)))
                {evaluate})
            (func (export "{interface}#evaluate-batch") (param i32 i32) (result i32) unreachable)
            {explain_export})"#
        );
        wat::parse_str(text).expect("the module is well-formed")
    }

    /// The manifest, as it lies in memory, escaped for WebAssembly text.
    fn data(&self) -> String {
        let Texts {
            name,
            version,
            rules_digest,
            actions,
            requirements,
            names,
            code,
            ready,
        } = self.manifest;
        // The manifest's record has 88 bytes; what it points to follows.
        let mut data = Data(vec![0; 88]);
        for (at, text) in [
            (0, name),
            (8, version),
            (16, "A policy for tests."),
            (24, rules_digest),
        ] {
            data.text(at, text);
        }
        data.texts(32, actions);
        let at = data.list(40, requirements.len(), 64);
        for (index, id) in requirements.iter().enumerate() {
            let at = at + 64 * index;
            for (field, text) in [
                id,
                code,
                "missing_approval",
                "It is not approved.",
                "Approve it.",
                "Approvals, step 1",
            ]
            .into_iter()
            .enumerate()
            {
                data.text(at + 8 * field, text);
            }
            let named = ["scan", names];
            data.texts(at + 48, if index == 0 { &named } else { &named[..1] });
        }
        let at = data.list(48, ready.len(), 16);
        for (index, state) in ready.iter().enumerate() {
            data.text(at + 16 * index, state);
        }
        for (at, limit) in [
            (64, 8_192_u32),
            (68, 10_000),
            (72, 1_000),
            (76, 256),
            (80, 1 << 20),
        ] {
            data.word(at, limit);
        }
        data.0.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").expect("a text can be written to");
            text
        })
    }
}

/// Bytes at [`DATA`].
struct Data(Vec<u8>);

impl Data {
    fn word(&mut self, at: usize, word: u32) {
        self.0[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    fn text(&mut self, at: usize, text: &str) {
        let start = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        self.point(at, start, text.len());
    }

    fn texts(&mut self, at: usize, texts: &[&str]) {
        let start = self.list(at, texts.len(), 8);
        for (index, text) in texts.iter().enumerate() {
            self.text(start + 8 * index, text);
        }
    }

    /// Makes room for a list, and says where it begins.
    fn list(&mut self, at: usize, length: usize, element_bytes: usize) -> usize {
        let start = self.0.len().next_multiple_of(4);
        self.0.resize(start + length * element_bytes, 0);
        self.point(at, start, length);
        start
    }

    fn point(&mut self, at: usize, start: usize, length: usize) {
        self.word(at, DATA + u32::try_from(start).expect("the data are few"));
        self.word(at + 4, u32::try_from(length).expect("the data are few"));
    }
}
