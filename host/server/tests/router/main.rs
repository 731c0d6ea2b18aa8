//! The service, asked at its router: no socket, no sleep.
//!
//! Always true here: what a test expects is written down beside what it asks.

mod administration;
mod authzen;
mod bounds;
mod callers;
mod certification;
mod crowds;
mod decisions;
mod explanations;
mod failures;
mod handshakes;
mod heads;
mod heavy;
mod hosts;
mod lists;
mod messages;
mod operation;
mod preview;
mod properties;
mod resources;
mod slow;
mod support;
mod swaps;
mod tenants;
mod turns;
mod unread;
mod uploads;
mod wire;
