//! What the whole-system tests share.

pub mod by_hand;
pub mod cases;
pub mod contract;
pub mod edition;
pub mod expected;
pub mod mutation;
pub mod native;
pub mod oracle;
pub mod random;
pub mod rules;
pub mod spelling;
pub mod url;
pub mod vectors;
