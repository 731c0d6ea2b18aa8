//! What can go wrong with an engine, a load or an evaluation: one enum each.
//!
//! Always true here: none of these is a decision, and each says what is wrong and what to do about it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::contract::Problem;
use crate::excerpt::Excerpt;
use crate::fault::Fault;
use crate::json::InputError;

/// Why there is no engine.
#[derive(Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// This machine cannot run WebAssembly as policies need it.
    Unsupported(Box<dyn Error + Send + Sync>),
    /// The thread that watches the time could not be started.
    Ticker(io::Error),
    /// The folder for compiled code cannot be used.
    Cache {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(_) => write!(f, "this machine cannot run policies"),
            Self::Ticker(_) => write!(f, "the thread that watches the time could not be started"),
            Self::Cache { folder, .. } => {
                write!(
                    f,
                    "the folder `{}` for compiled code cannot be used: make it writable or name another",
                    folder.display()
                )
            }
        }
    }
}

impl Error for EngineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unsupported(source) => Some(&**source),
            Self::Ticker(source) | Self::Cache { source, .. } => Some(source),
        }
    }
}

/// Why a component is no policy here.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The component has more bytes than [`component_bytes`](crate::Limits::component_bytes).
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The bytes are WebAssembly, but a core module.
    CoreModule,
    /// The bytes are no WebAssembly at all.
    NotWebAssembly,
    /// The component is broken, or uses features of WebAssembly that policies may not.
    Invalid(Box<dyn Error + Send + Sync>),
    /// The component could not be compiled where that is done, or not within the limits of that.
    NotCompiled(Box<dyn Error + Send + Sync>),
    /// The component imports something: policies only compute.
    Imports {
        /// The first import that is refused.
        name: String,
        /// Whether all its imports are of WASI 0.2, an empty one of which [can be allowed](crate::Engine::with_wasi).
        is_wasi: bool,
    },
    /// The component does not export something of the contract.
    MissingExport {
        /// What, such as `scopegate:gate/policy@1.0.0#evaluate`.
        name: String,
    },
    /// An export is not of the contract's type.
    WrongType {
        /// Which, such as `scopegate:gate/policy@1.0.0#evaluate`.
        name: String,
        /// How it differs.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The component failed when it was started or asked what it is.
    Fault(Fault),
    /// What the component says it is makes no sense.
    Manifest {
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => {
                write!(f, "the component `{}` cannot be read", path.display())
            }
            Self::TooLarge { limit } => write!(f, "the component has more than {limit} bytes"),
            Self::CoreModule => write!(
                f,
                "this is a core WebAssembly module, expected a component: make one of it, for instance with `wasm-tools component new`"
            ),
            Self::NotWebAssembly => write!(
                f,
                "this is not WebAssembly, expected a component: a rule set is compiled before it is loaded"
            ),
            Self::Invalid(_) => write!(
                f,
                "the component is broken or uses WebAssembly features that policies may not"
            ),
            // Whoever compiles says what is wrong with the component.
            Self::NotCompiled(reason) => reason.fmt(f),
            Self::Imports { name, is_wasi } => {
                let name = Excerpt(name);
                write!(
                    f,
                    "the component imports `{name}`, but a policy imports nothing"
                )?;
                if *is_wasi {
                    write!(f, ": build it without WASI, or allow it an empty one")?;
                }
                Ok(())
            }
            Self::MissingExport { name } => {
                write!(f, "the component does not export `{}`", Excerpt(name))
            }
            Self::WrongType { name, .. } => write!(
                f,
                "the component's export `{}` is not of the contract's type",
                Excerpt(name)
            ),
            Self::Fault(_) => write!(f, "the component failed when it was asked what it is"),
            Self::Manifest { reason } => write!(f, "the component's manifest is wrong: {reason}"),
        }
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::NotCompiled(reason) => reason.source(),
            Self::Invalid(source) | Self::WrongType { source, .. } => Some(&**source),
            Self::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

impl From<Fault> for LoadError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Why there is no decision. It is never an allow, and no denial.
#[derive(Debug)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The request is larger than [`request_bytes`](crate::Limits::request_bytes).
    RequestTooLarge {
        /// Its bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The policy cannot judge a fact, and says why.
    Unjudged {
        /// The fact, such as `scan.targets[3].url`.
        path: String,
        /// What kind of problem it is.
        problem: Problem,
        /// What is wrong, for a person, in the policy's words.
        message: String,
    },
    /// The policy's code failed.
    Fault(Fault),
    /// What the policy says contradicts itself or its manifest.
    Inconsistent {
        /// How.
        reason: String,
    },
}

impl EvaluateError {
    /// Whether the request is at fault, and not the policy: a fact that the policy cannot judge, such as a custom fact of another type
    /// than it declares, or a request that is too large. Another request may be decided.
    pub fn is_of_request(&self) -> bool {
        matches!(self, Self::Unjudged { .. } | Self::RequestTooLarge { .. })
    }
}

impl fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestTooLarge { bytes, limit } => write!(
                f,
                "the request takes {bytes} bytes, at most {limit} are allowed"
            ),
            Self::Unjudged { path, message, .. } => {
                write!(
                    f,
                    "the policy cannot judge `{}`: {}",
                    Excerpt(path),
                    message.escape_debug()
                )
            }
            Self::Fault(_) => write!(f, "the policy failed to decide"),
            Self::Inconsistent { reason } => write!(f, "the policy contradicts itself: {reason}"),
        }
    }
}

impl Error for EvaluateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

impl From<Fault> for EvaluateError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Why a text got no decision. It is never an allow, and no denial.
#[derive(Debug)]
pub enum JsonError {
    /// It is no request.
    Input(InputError),
    /// There is no decision of the request that it is.
    Evaluate(EvaluateError),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => error.fmt(f),
            Self::Evaluate(error) => error.fmt(f),
        }
    }
}

impl Error for JsonError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Input(error) => error.source(),
            Self::Evaluate(error) => error.source(),
        }
    }
}

impl From<InputError> for JsonError {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<EvaluateError> for JsonError {
    fn from(error: EvaluateError) -> Self {
        Self::Evaluate(error)
    }
}
