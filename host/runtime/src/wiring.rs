//! How a component of one core module wires the contract's functions to it: what has to be known to call the module without the component.
//!
//! Invariant: a module that this gives exports, as core functions, exactly what its component exports, of the contract's types.

use scopegate_contract::{
    INTERFACE, WIRING_DIGEST, WIRING_FUNCTIONS, WIRING_SECTIONS, WIRING_TYPES,
};
use sha2::{Digest as _, Sha256};
use wasmparser::{
    BinaryReader, CanonicalFunction, CanonicalOption, ComponentAlias, ComponentAliasSectionReader,
    ComponentCanonicalSectionReader, ExternalKind,
};

use crate::digest::hex;

/// Bytes before the first section.
const HEADER: usize = 8;

/// The sections of a component that are looked into.
const CUSTOM: u8 = 0;
const MODULE: u8 = 1;
const ALIAS: u8 = 6;
const CANONICAL: u8 = 8;

/// The one core module of the component `bytes`, if its functions are the component's, as `wit-component` wires them.
pub(crate) fn core_module(bytes: &[u8]) -> Option<&[u8]> {
    let mut wiring = Wiring::default();
    let mut said = Sha256::new();
    let mut rest = BinaryReader::new(bytes.get(HEADER..)?, 0);
    while !rest.eof() {
        let id = rest.read_u8().ok()?;
        let length = rest.read_var_u32().ok()?;
        let content = rest.read_bytes(length as usize).ok()?;
        if id == CUSTOM {
            continue;
        }
        said.update([id]);
        match id {
            MODULE if wiring.module.is_none() => wiring.module = Some(content),
            ALIAS => wiring.aliases(content)?,
            CANONICAL => wiring.lifts(content)?,
            _ if WIRING_SECTIONS.contains(&id) => {
                said.update(length.to_le_bytes());
                said.update(content);
            }
            _ => return None,
        }
    }
    let digest = format!("sha256:{}", hex(&said.finalize()));
    let is_whole = wiring.lifted == WIRING_FUNCTIONS.len() && digest == WIRING_DIGEST;
    wiring.module.filter(|_| is_whole)
}

#[derive(Default)]
struct Wiring<'b> {
    module: Option<&'b [u8]>,
    /// The functions and memories of the module that have an index in the component, in order.
    functions: Vec<&'b str>,
    memories: Vec<&'b str>,
    lifted: usize,
}

impl<'b> Wiring<'b> {
    /// Notes which functions and memories of the module have an index from here on.
    fn aliases(&mut self, section: &'b [u8]) -> Option<()> {
        for alias in ComponentAliasSectionReader::new(BinaryReader::new(section, 0)).ok()? {
            let ComponentAlias::CoreInstanceExport {
                kind,
                instance_index: 0,
                name,
            } = alias.ok()?
            else {
                return None;
            };
            match kind {
                ExternalKind::Func => self.functions.push(name),
                ExternalKind::Memory => self.memories.push(name),
                _ => return None,
            }
        }
        Some(())
    }

    /// Checks the functions that become the component's.
    fn lifts(&mut self, section: &[u8]) -> Option<()> {
        for lift in ComponentCanonicalSectionReader::new(BinaryReader::new(section, 0)).ok()? {
            let CanonicalFunction::Lift {
                core_func_index,
                type_index,
                options,
            } = lift.ok()?
            else {
                return None;
            };
            let function = *WIRING_FUNCTIONS.get(self.lifted)?;
            let name = format!("{INTERFACE}#{function}");
            let is_right = *self.functions.get(core_func_index as usize)? == name
                && type_index == WIRING_TYPES[self.lifted]
                && self.has_options(&options, &name, function == "describe");
            if !is_right {
                return None;
            }
            self.lifted += 1;
        }
        Some(())
    }

    /// Whether the options are those of a function of texts in UTF-8 in the module's memory; one that takes nothing needs no room.
    fn has_options(&self, options: &[CanonicalOption], name: &str, takes_nothing: bool) -> bool {
        let function = |index: u32, name: &str| self.functions.get(index as usize) == Some(&name);
        let (mut has_memory, mut has_room) = (false, takes_nothing);
        options.iter().all(|option| match *option {
            CanonicalOption::UTF8 => true,
            CanonicalOption::Memory(index) => {
                has_memory = true;
                self.memories.get(index as usize) == Some(&"memory")
            }
            CanonicalOption::Realloc(index) => {
                has_room = true;
                function(index, "cabi_realloc")
            }
            CanonicalOption::PostReturn(index) => function(index, &format!("cabi_post_{name}")),
            _ => false,
        }) && has_memory
            && has_room
    }
}
