//! The wire format of `chat_itau_contextos`: the context of a call from PS7.

use madoguchi_upstream::Object;
use serde::{Deserialize, Serialize};

use super::Text;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContextosRequest<'a> {
    pub(crate) context_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encoded: Option<&'a str>,
}

/// The source's table 3. `message`, `key` and `decodedContextId` are not used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ContextosReply {
    pub(crate) expire_in: Text,
    pub(crate) payload: Option<Object<Payload>>,
}

/// The call's context. `contexto` repeats most of it and is not parsed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Payload {
    pub(crate) u_cpf: Text,
    pub(crate) u_ag: Text,
    pub(crate) u_cc: Text,
    pub(crate) u_seg: Text,
    pub(crate) u_dest: Text,
    #[serde(rename = "u_numA")]
    pub(crate) u_num_a: Text,
    pub(crate) u_id: Text,
    pub(crate) u_dseg: Text,
    pub(crate) u_dsok: Text,
    pub(crate) u_tpid: Text,
}
