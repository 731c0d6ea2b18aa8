//! What the whole-system tests share.

pub mod cases;
pub mod native;
pub mod random;
pub mod url;
