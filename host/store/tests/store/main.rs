//! A store as its users meet it: what is published stays, what is changed is found, what is killed is whole.

mod builds;
mod cases;
mod identity;
mod journal;
mod kills;
mod processes;
mod settings;
mod signatures;
mod support;
mod versions;
