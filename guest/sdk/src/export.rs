//! The contract's types and exports, made from the WIT text.
//!
//! Always true here: nothing is written down that the WIT says.

#[allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::same_length_and_capacity,
    reason = "it is made by `wit-bindgen`"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "gate",
        additional_derives: [Clone, PartialEq, Eq],
        pub_export_macro: true,
        export_macro_name: "__export",
        default_bindings_module: "scopegate_sdk::__bindings",
    });
}

/// What the contract defines: requests, answers, and the trait that [`export!`](crate::export) implements for a policy.
pub mod contract {
    pub use super::bindings::exports::scopegate::gate::policy::*;
}

/// Exports a `static` [`Policy`](crate::Policy) as the component's policy. Once in a crate of type `cdylib`.
#[macro_export]
macro_rules! export {
    ($policy:path) => {
        #[doc(hidden)]
        struct __Exported;

        impl $crate::contract::Guest for __Exported {
            fn describe() -> $crate::contract::Manifest {
                $policy.describe()
            }

            fn evaluate(
                request: $crate::Request,
            ) -> ::core::result::Result<$crate::contract::Decision, $crate::contract::EvaluationError>
            {
                $policy.evaluate(&request)
            }

            fn evaluate_batch(
                requests: ::std::vec::Vec<$crate::Request>,
            ) -> ::std::vec::Vec<
                ::core::result::Result<$crate::contract::Decision, $crate::contract::EvaluationError>,
            > {
                requests.iter().map(|request| $policy.evaluate(request)).collect()
            }

            fn explain(
                request: $crate::Request,
            ) -> ::core::result::Result<
                ::std::vec::Vec<$crate::contract::Explanation>,
                $crate::contract::EvaluationError,
            > {
                $policy.explain(&request)
            }
        }

        // A test of the policy runs where it was built, and exports nothing.
        #[cfg(target_family = "wasm")]
        $crate::__bindings::__export!(__Exported with_types_in $crate::__bindings);
    };
}
