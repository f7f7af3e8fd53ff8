//! The PS7 context of a call: what the caller did before an agent answered.

use super::TaxId;
use crate::Timestamp;
use crate::personal::Personal;

/// The context of a call. A field that is absent, empty or of a wrong type is `None`; unknown
/// text is kept unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallerContext {
    /// `u_id`: the caller's identification level.
    pub identification: Option<Identification>,
    /// `u_cpf`: the caller's number.
    pub cpf: Option<TaxId>,
    /// `u_ag`: the branch of the caller's account.
    pub branch: Option<Personal>,
    /// `u_cc`: the caller's account, with or without its check digit.
    pub account: Option<Personal>,
    /// `u_seg`: the caller's segment.
    pub segment: Option<Personal>,
    /// `u_dest`: the choice in the voice menu.
    pub option: Option<Personal>,
    /// `u_numA`: the calling phone number.
    pub number: Option<Personal>,
    /// `u_dseg`: the security device.
    pub device: Option<SecurityDevice>,
    /// `u_dsok`: whether the security device confirmed the caller.
    pub device_confirmed: Option<Confirmation>,
    /// `u_tpid`: an identity document's number.
    pub identity_document: Option<Personal>,
    /// `expireIn`, if it could be parsed: when this context expires.
    pub expires_at: Option<Timestamp>,
}

macro_rules! closed_set {
    (
        $(#[$doc:meta])* $name:ident {
            $($(#[$text_doc:meta])* $variant:ident = $text:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$text_doc])* $variant,)*
            /// An undocumented value, as received.
            Other(Personal),
        }

        impl $name {
            /// Parses the documented text; other text is kept.
            #[must_use]
            pub fn read(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(Personal::new(other)),
                }
            }

            /// The text as received.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text.expose(),
                }
            }
        }
    };
}

closed_set! {
    /// The caller's identification level (`u_id`).
    Identification {
        /// Identified and authenticated.
        Authenticated = "AUT",
        /// Not identified.
        NotIdentified = "NID",
        /// Identified.
        Identified = "IDE",
    }
}

closed_set! {
    /// A security device (`u_dseg`).
    SecurityDevice {
        /// A token.
        Token = "Token",
        /// CSI.
        Csi = "CSI",
        /// None.
        Absent = "none",
    }
}

closed_set! {
    /// Whether something was confirmed (`u_dsok`).
    Confirmation {
        /// Sim.
        Yes = "S",
        /// Não.
        No = "N",
    }
}
