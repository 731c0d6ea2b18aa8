//! The Scopegate program.

fn main() {}
