//! The memory of an instance as it was at the start, and how it is restored.

use std::ops::Range;
use std::sync::Arc;

use wasmtime::{AsContextMut, Memory};

use super::{BLOCK, REACH};

/// Blocks whose marks are looked at together.
const TOGETHER: usize = 8;

/// The memory of an instance as it was at the start: the bytes up to the last that is not zero.
#[derive(Clone)]
pub(crate) struct Image(Arc<[u8]>);

impl Image {
    /// The image of `memory`.
    pub(crate) fn of(memory: &[u8]) -> Self {
        let end = memory.iter().rposition(|byte| *byte != 0);
        Self(memory[..end.map_or(0, |last| last + 1)].into())
    }

    /// Restores a part of `memory`, which may be longer than it was at the start.
    pub(crate) fn restore(&self, memory: &mut [u8], part: Range<usize>) {
        let part = part.start.min(memory.len())..part.end.min(memory.len());
        let known = part.start.min(self.0.len())..part.end.min(self.0.len());
        let (copied, zeroed) = memory[part].split_at_mut(known.len());
        copied.copy_from_slice(&self.0[known]);
        // The memory is cleared in pieces. After one long `fill`, laying out the next request took a third more samples of a profile.
        for some in zeroed.chunks_mut(1024) {
            some.fill(0);
        }
    }

    /// Restores what is marked in `marks` of `memory`, and takes the marks away. `blocks` is room to note them in.
    pub(crate) fn restore_marked(
        &self,
        mut store: impl AsContextMut,
        memory: Memory,
        marks: Memory,
        blocks: &mut Vec<usize>,
    ) {
        let count = memory.data_size(&store).div_ceil(BLOCK);
        let marked = marks.data_mut(&mut store);
        let count = count.next_multiple_of(TOGETHER).min(marked.len());
        let (groups, _) = marked[..count].as_chunks_mut::<TOGETHER>();
        for (group, marks) in groups.iter_mut().enumerate() {
            // A mark is 1: each byte of the word has one bit at most.
            let mut word = u64::from_le_bytes(std::mem::take(marks));
            while word != 0 {
                blocks.push(group * TOGETHER + (word.trailing_zeros() / u8::BITS) as usize);
                word &= word - 1;
            }
        }
        let memory = memory.data_mut(&mut store);
        for block in blocks.drain(..) {
            let begin = block * BLOCK;
            self.restore(memory, begin..begin + BLOCK + REACH);
        }
    }
}
