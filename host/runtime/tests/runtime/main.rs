//! Tests of the runtime as those who embed it see it.

mod guest;
mod hostile;
mod json;
mod policy;
