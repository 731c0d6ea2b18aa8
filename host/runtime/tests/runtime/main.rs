//! Tests of the runtime as those who embed it see it.

#[cfg(feature = "compiler")]
mod compiled;
mod foreign;
mod guest;
mod hostile;
mod hosts;
mod json;
mod policy;
mod restored;
#[cfg(feature = "compiler")]
mod sequence;
