//! Lowers facts as the canonical ABI does: each text and list in room of its own, which then belongs to the policy.
//!
//! A policy that was written by hand frees each of them by itself, so they cannot stand in one piece as [`lay`](super::lay) has them.

use super::layout::{Laid, point};
use crate::fault::Fault;

/// The memory of a policy, in which its own allocator finds room.
pub(crate) trait Room {
    /// The address of `size` bytes of room.
    fn allocate(&mut self, align: usize, size: usize) -> Result<usize, Fault>;

    /// Writes to room that was allocated.
    fn write(&mut self, address: usize, bytes: &[u8]);
}

/// A fact that can be lowered.
pub(crate) trait Lower: Laid {
    /// Writes the value at the address `place`, which is followed by at least as many free bytes as the layout takes. Texts and lists of the value
    /// are written to memory that `room` allocates.
    fn lower(&self, place: usize, room: &mut dyn Room) -> Result<(), Fault>;
}

/// Lowers `fact` in room of its own. Gives its address.
pub(crate) fn lower<T: Lower>(fact: &T, room: &mut dyn Room) -> Result<usize, Fault> {
    let place = room.allocate(T::LAYOUT.align, T::LAYOUT.size)?;
    fact.lower(place, room)?;
    Ok(place)
}

fn write_pointer(place: usize, address: usize, length: usize, room: &mut dyn Room) {
    let mut pointer = [0; 8];
    point(&mut pointer, address, length);
    room.write(place, &pointer);
}

impl Lower for String {
    fn lower(&self, place: usize, room: &mut dyn Room) -> Result<(), Fault> {
        let address = room.allocate(1, self.len())?;
        room.write(address, self.as_bytes());
        write_pointer(place, address, self.len(), room);
        Ok(())
    }
}

impl<T: Lower> Lower for Vec<T> {
    fn lower(&self, place: usize, room: &mut dyn Room) -> Result<(), Fault> {
        let size = T::LAYOUT.size;
        let address = room.allocate(T::LAYOUT.align, size * self.len())?;
        for (index, value) in self.iter().enumerate() {
            value.lower(address + size * index, room)?;
        }
        write_pointer(place, address, self.len(), room);
        Ok(())
    }
}

impl<T: Lower> Lower for Option<T> {
    fn lower(&self, place: usize, room: &mut dyn Room) -> Result<(), Fault> {
        room.write(place, &[u8::from(self.is_some())]);
        match self {
            Some(value) => value.lower(place + Self::LAYOUT.payload(), room),
            None => Ok(()),
        }
    }
}
