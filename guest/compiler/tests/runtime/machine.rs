//! An instance of the runtime, and texts in its memory.

use std::sync::LazyLock;

use scopegate_contract::SPELLINGS;
use wasmtime::{Engine, Instance, Memory, Module, Store, StoreLimits, StoreLimitsBuilder, Val};

pub(crate) const PAGE: usize = 65_536;
/// Where the heap of the runtime by itself begins: behind its own data and the table of spellings.
#[expect(clippy::cast_possible_truncation, reason = "the table is small")]
pub(crate) const HEAP: u32 = (320 + SPELLINGS.len() as u32).next_multiple_of(64);

static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let bytes = scopegate_compiler::runtime_module();
    Module::new(&Engine::default(), bytes).expect("the runtime is valid")
});

/// A text in memory: pointer and length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) at: u32,
    pub(crate) len: u32,
}

pub(crate) struct Machine {
    store: Store<StoreLimits>,
    instance: Instance,
    memory: Memory,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self::with_pages(4_096)
    }

    /// A machine whose memory grows to so many pages and no further.
    pub(crate) fn with_pages(most: usize) -> Self {
        let limits = StoreLimitsBuilder::new().memory_size(most * PAGE).build();
        let mut store = Store::new(MODULE.engine(), limits);
        store.limiter(|limits| limits);
        let instance = Instance::new(&mut store, &MODULE, &[]).expect("it imports nothing");
        let memory = instance
            .get_memory(&mut store, "memory")
            .expect("it has a memory");
        Self {
            store,
            instance,
            memory,
        }
    }

    /// Calls a function with words; the results as words, or nothing if it trapped.
    pub(crate) fn try_call(&mut self, name: &str, arguments: &[u32]) -> Option<Vec<u64>> {
        let function = self.instance.get_func(&mut self.store, name).expect(name);
        let arguments: Vec<Val> = arguments
            .iter()
            .map(|word| Val::I32(word.cast_signed()))
            .collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function
            .call(&mut self.store, &arguments, &mut results)
            .ok()?;
        let word = |value: &Val| match value {
            Val::I32(word) => u64::from(word.cast_unsigned()),
            Val::I64(word) => word.cast_unsigned(),
            other => panic!("{name} gives {other:?}"),
        };
        Some(results.iter().map(word).collect())
    }

    /// Calls a function that gives one word.
    pub(crate) fn call(&mut self, name: &str, arguments: &[u32]) -> u32 {
        let results = self.try_call(name, arguments).expect("it does not trap");
        u32::try_from(results[0]).expect("the result is a word")
    }

    /// Calls a function that gives nothing.
    pub(crate) fn run(&mut self, name: &str, arguments: &[u32]) {
        self.try_call(name, arguments).expect("it does not trap");
    }

    /// Calls a function that gives a text or list: pointer and length.
    pub(crate) fn call_pair(&mut self, name: &str, arguments: &[u32]) -> Place {
        let results = self.try_call(name, arguments).expect("it does not trap");
        let word = |index: usize| u32::try_from(results[index]).expect("the result is a word");
        Place {
            at: word(0),
            len: word(1),
        }
    }

    /// Calls a function of two texts that tells yes or no.
    pub(crate) fn test(&mut self, name: &str, a: Place, b: Place) -> bool {
        self.call(name, &[a.at, a.len, b.at, b.len]) == 1
    }

    pub(crate) fn global(&mut self, name: &str) -> u32 {
        let global = self.instance.get_global(&mut self.store, name).expect(name);
        match global.get(&mut self.store) {
            Val::I32(word) => word.cast_unsigned(),
            other => panic!("{name} is {other:?}"),
        }
    }

    pub(crate) fn pages(&self) -> usize {
        self.memory.data_size(&self.store) / PAGE
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) {
        self.memory
            .write(&mut self.store, at as usize, bytes)
            .expect("it is within memory");
    }

    pub(crate) fn read(&self, at: u32, len: u32) -> Vec<u8> {
        self.memory.data(&self.store)[at as usize..][..len as usize].to_vec()
    }

    pub(crate) fn text(&self, place: Place) -> String {
        String::from_utf8(self.read(place.at, place.len)).expect("texts are UTF-8")
    }

    pub(crate) fn word(&self, at: u32) -> u32 {
        let bytes = self.read(at, 4);
        u32::from_le_bytes(bytes.try_into().expect("four bytes"))
    }

    /// Puts bytes on the heap.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Place {
        let len = u32::try_from(bytes.len()).expect("tests are small");
        let at = self.call("alloc", &[len, 4]);
        self.write(at, bytes);
        Place { at, len }
    }

    pub(crate) fn put_words(&mut self, words: &[u32]) -> Place {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.put(&bytes)
    }

    /// Puts a list of texts on the heap: where its pointers and lengths are, and how many.
    pub(crate) fn put_texts(&mut self, texts: &[&str]) -> Place {
        let places: Vec<Place> = texts.iter().map(|text| self.put(text.as_bytes())).collect();
        let words: Vec<u32> = places
            .iter()
            .flat_map(|place| [place.at, place.len])
            .collect();
        let list = self.put_words(&words);
        Place {
            at: list.at,
            len: list.len / 8,
        }
    }

    /// Puts a text so that it ends where memory ends, `behind` bytes left out: reading further traps.
    pub(crate) fn put_last(&mut self, text: &[u8], behind: usize) -> Place {
        let end = self.memory.data_size(&self.store) - behind;
        let at = u32::try_from(end - text.len()).expect("memory is small");
        self.write(at, text);
        Place {
            at,
            len: u32::try_from(text.len()).expect("tests are small"),
        }
    }

    /// Puts two texts at the end of memory, the first last or the second.
    pub(crate) fn put_two(&mut self, a: &[u8], b: &[u8], a_last: bool) -> (Place, Place) {
        if a_last {
            (self.put_last(a, 0), self.put_last(b, a.len()))
        } else {
            (self.put_last(a, b.len()), self.put_last(b, 0))
        }
    }
}
