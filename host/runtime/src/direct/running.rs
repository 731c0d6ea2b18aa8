//! A running instance's memory: requests are laid out in it, and answers read from it.

use std::ops::Range;

use wasmtime::{Global, Memory, Store, TypedFunc, Val, WasmParams};

use crate::engine::Engine;
use crate::error::EvaluateError;
use crate::facts::Request;
use crate::fault::Fault;
use crate::json::Cursor;
use crate::memory::{self, Answer, Room, lay, lay_within, lower, text_at, transcribe};
use crate::restore::Image;
use crate::store::{self, Held};
use crate::watch::Watch;

/// Bytes of a page of linear memory.
const PAGE: usize = 65_536;

/// The canonical ABI's allocator: `(old, old size, alignment, new size) -> address`.
type Allocate = TypedFunc<(u32, u32, u32, u32), u32>;

/// Where a request is laid out.
pub(super) enum Place {
    /// In a region of the module.
    Region {
        /// Where it begins.
        begin: u32,
        /// The word that takes where the request ends.
        end_word: u32,
        /// The texts and lists that the policy reads of a request that is within the limits.
        reads: u64,
    },
    /// Where the module's allocator finds room.
    Allocated(Allocate),
}

/// The part of an instance that calls change.
pub(super) struct Running {
    engine: Engine,
    watch: Watch,
    store: Store<Held>,
    memory: Memory,
    place: Place,
    /// The most bytes that a request may have.
    most_bytes: usize,
    restorer: Option<Restorer>,
}

/// What is needed to restore the memory after a call.
pub(super) struct Restorer {
    image: Image,
    marks: Memory,
    size: Option<SeenSize>,
    /// What the host wrote since the memory was last restored.
    laid: Vec<Range<usize>>,
    blocks: Vec<usize>,
}

/// The global from which a restored module reads the size of its memory. The real memory is larger if it grew during an earlier decision.
#[derive(Clone, Copy)]
pub(super) struct SeenSize {
    global: Global,
    /// Bytes at the start.
    first: i64,
}

impl SeenSize {
    pub(super) fn new(store: &mut Store<Held>, global: Global) -> Option<Self> {
        let first = global.get(store).i64()?;
        Some(Self { global, first })
    }

    fn bytes(self, store: &mut Store<Held>) -> usize {
        let bytes = self.global.get(store).i64();
        bytes.and_then(|bytes| bytes.try_into().ok()).unwrap_or(0)
    }

    fn restore(self, store: &mut Store<Held>) {
        let set = self.global.set(store, Val::I64(self.first));
        set.expect("it is a mutable global of type i64");
    }
}

impl Restorer {
    pub(super) fn new(image: Image, marks: Memory, size: Option<SeenSize>) -> Self {
        Self {
            image,
            marks,
            size,
            laid: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Restores what the host wrote.
    fn restore_laid(&mut self, memory: &mut [u8]) {
        for laid in self.laid.drain(..) {
            self.image.restore(memory, laid);
        }
    }
}

impl Running {
    pub(super) fn new(
        engine: &Engine,
        watch: Watch,
        store: Store<Held>,
        memory: Memory,
        place: Place,
        restorer: Option<Restorer>,
    ) -> Self {
        Self {
            engine: engine.clone(),
            watch,
            store,
            memory,
            place,
            most_bytes: engine.limits().request_bytes,
            restorer,
        }
    }

    /// Where the module's region for requests begins.
    #[inline]
    pub(super) fn begin(&self) -> u32 {
        match self.place {
            Place::Region { begin, .. } => begin,
            Place::Allocated(_) => 0,
        }
    }

    /// Bytes of linear memory it has now.
    pub(super) fn bytes(&self) -> usize {
        self.store.data().quota.bytes()
    }

    /// Lays out what the policy reads of `request`, if that is surely within the limits, has no attributes, and there is room; else the policy
    /// itself has to look at all of it. Gives its address.
    #[inline]
    pub(super) fn lay_within(&mut self, request: &Request) -> Result<Option<u32>, Fault> {
        let Place::Region { begin, reads, .. } = self.place else {
            return Ok(None);
        };
        let room = self.room(begin);
        let Some(end) = lay_within(request, room, begin as usize, reads) else {
            self.note_spoilt(begin);
            return Ok(None);
        };
        self.note_end(end).map(|()| Some(begin))
    }

    /// The same of the next request of a text, as it is read; and what `named` makes of its action.
    #[inline]
    pub(super) fn transcribe<T>(
        &mut self,
        from: &mut Cursor<'_, '_>,
        named: impl FnOnce(&str) -> T,
    ) -> Result<Option<T>, Fault> {
        let Place::Region { begin, reads, .. } = self.place else {
            return Ok(None);
        };
        let (at, reads) = (begin as usize, reads | Request::ACTION);
        let memory = self.room(begin);
        let Some(end) = transcribe::<Request>(from, memory, at, reads) else {
            self.note_spoilt(begin);
            return Ok(None);
        };
        let named = text_at(memory, at + Request::ACTION_OFFSET).map(named);
        self.note_end(end)?;
        Ok(named)
    }

    /// The instance's memory up to where a request in the region has to end.
    #[inline]
    fn room(&mut self, begin: u32) -> &mut [u8] {
        let most = (begin as usize).saturating_add(self.most_bytes);
        let memory = self.memory.data_mut(&mut self.store);
        if let Some(restorer) = &mut self.restorer {
            restorer.restore_laid(memory);
        }
        let most = memory.len().min(most);
        &mut memory[..most]
    }

    /// Tells the module where what was laid in its region ends.
    #[inline]
    fn note_end(&mut self, end: usize) -> Result<(), Fault> {
        let Place::Region {
            begin, end_word, ..
        } = self.place
        else {
            return Ok(());
        };
        let word = u32::try_from(end).expect("memory ends before 4 GiB");
        let place = end_word as usize;
        let memory = self.memory.data_mut(&mut self.store);
        *memory
            .get_mut(place..)
            .and_then(<[u8]>::first_chunk_mut)
            .ok_or_else(too_small)? = word.to_le_bytes();
        if let Some(restorer) = &mut self.restorer {
            restorer.laid.push(begin as usize..end);
        }
        Ok(())
    }

    /// Notes that nobody knows how far an attempt to lay a request out in the region came.
    #[cold]
    fn note_spoilt(&mut self, begin: u32) {
        if let Some(restorer) = &mut self.restorer {
            let end = self.memory.data_size(&self.store);
            restorer.laid.push(begin as usize..end);
        }
    }

    /// Lays out all of `request`, in more memory if it takes more. Gives its address.
    #[cold]
    pub(super) fn lay(&mut self, request: &Request) -> Result<u32, EvaluateError> {
        let (bytes, limit) = (request.bytes(), self.most_bytes);
        if bytes > limit {
            return Err(EvaluateError::RequestTooLarge { bytes, limit });
        }
        if let Some(restorer) = &mut self.restorer {
            restorer.restore_laid(self.memory.data_mut(&mut self.store));
        }
        store::allot(&mut self.store, &self.engine, self.watch);
        let size = self.seen_size();
        match &self.place {
            Place::Region { begin, .. } => {
                let begin = *begin;
                self.lay_in_region(request, begin, bytes)?;
                Ok(begin)
            }
            Place::Allocated(allocate) => {
                let mut room = Allocated {
                    engine: &self.engine,
                    store: &mut self.store,
                    memory: self.memory,
                    allocate,
                    size,
                    laid: self.restorer.as_mut().map(|restorer| &mut restorer.laid),
                };
                let address = lower(request, &mut room)?;
                Ok(u32::try_from(address).expect("memory ends before 4 GiB"))
            }
        }
    }

    /// Lays out all of `request` in the region at `begin`. The layout takes at most `bytes` bytes. The memory grows if it ends before them.
    fn lay_in_region(&mut self, request: &Request, begin: u32, bytes: usize) -> Result<(), Fault> {
        let begin = begin as usize;
        let lacking = (begin + bytes).saturating_sub(self.memory.data_size(&self.store));
        self.memory
            .grow(&mut self.store, lacking.div_ceil(PAGE) as u64)
            .map_err(|_| Fault::OutOfMemory {
                limit: self.engine.limits().memory_bytes,
            })?;
        let memory = self.memory.data_mut(&mut self.store);
        let end = lay(request, memory, begin).ok_or_else(too_small)?;
        self.note_end(end)
    }

    /// Calls a function and reads the answer where it points to.
    #[inline]
    pub(super) fn call<P: WasmParams, R: Answer>(
        &mut self,
        function: &TypedFunc<P, u32>,
        parameters: P,
    ) -> Result<R, Fault> {
        let limits = self.engine.limits();
        if !matches!(self.place, Place::Allocated(_)) {
            store::allot(&mut self.store, &self.engine, self.watch);
        }
        let answer = match function.call(&mut self.store, parameters) {
            Ok(address) => {
                let size = bytes_seen(self.memory, self.seen_size(), &mut self.store);
                let bytes = &self.memory.data(&self.store)[..size];
                memory::Memory::new(bytes, limits.result_bytes).answer(address)
            }
            Err(error) => Err(Fault::new(error, &self.store.data().quota, limits)),
        };
        let answer = answer?;
        self.restore();
        Ok(answer)
    }

    /// The global with the size of the memory. `None` if the module reads the real size.
    fn seen_size(&self) -> Option<SeenSize> {
        self.restorer.as_ref()?.size
    }

    /// Restores the memory, if it is to be restored, to what it was at the start.
    #[inline]
    fn restore(&mut self) {
        let Some(restorer) = &mut self.restorer else {
            return;
        };
        let memory = self.memory.data_mut(&mut self.store);
        restorer.restore_laid(memory);
        if let Place::Region { end_word, .. } = self.place {
            let place = end_word as usize;
            restorer.image.restore(memory, place..place + 4);
        }
        restorer.image.restore_marked(
            &mut self.store,
            self.memory,
            restorer.marks,
            &mut restorer.blocks,
        );
        if let Some(size) = restorer.size {
            size.restore(&mut self.store);
        }
    }
}

/// How many bytes of `memory` the module can access: by the global `size`, or all of them without one.
fn bytes_seen(memory: Memory, size: Option<SeenSize>, store: &mut Store<Held>) -> usize {
    let real = memory.data_size(&*store);
    size.map_or(real, |size| size.bytes(store).min(real))
}

/// Room that the module's allocator finds.
struct Allocated<'r> {
    engine: &'r Engine,
    store: &'r mut Store<Held>,
    memory: Memory,
    allocate: &'r Allocate,
    size: Option<SeenSize>,
    /// Takes note of what is written, if it is to be restored.
    laid: Option<&'r mut Vec<Range<usize>>>,
}

impl Room for Allocated<'_> {
    fn allocate(&mut self, align: usize, size: usize) -> Result<usize, Fault> {
        let word = |number: usize| u32::try_from(number).map_err(|_| too_small());
        let parameters = (0, 0, word(align)?, word(size)?);
        let address = self
            .allocate
            .call(&mut *self.store, parameters)
            .map_err(|error| Fault::new(error, &self.store.data().quota, self.engine.limits()))?;
        let address = address as usize;
        if !address.is_multiple_of(align) {
            let problem = "the policy's allocator gave an address that is not aligned";
            return Err(Fault::Trapped(problem.into()));
        }
        let end = address.saturating_add(size);
        if end > bytes_seen(self.memory, self.size, self.store) {
            return Err(too_small());
        }
        if let Some(laid) = &mut self.laid {
            laid.push(address..end);
        }
        Ok(address)
    }

    fn write(&mut self, address: usize, bytes: &[u8]) {
        let memory = self.memory.data_mut(&mut *self.store);
        memory[address..address + bytes.len()].copy_from_slice(bytes);
    }
}

/// The region that the module declares, or the room that it found, is not within its memory.
fn too_small() -> Fault {
    Fault::Trapped("the core module's memory is smaller than it says".into())
}
