//! A sample caller: the context of the call, and the caller's account.

use madoguchi_domain::caller::{
    AccountQuery, ApiKey, CallerContext, CodigoConta, Confirmation, ContextId, ContextQuery,
    CustomerProfile, DacRule, ForwardedHeaders, Found, Identification, Manager, PersonType, Phone,
    SecurityDevice, TaxId,
};
use madoguchi_domain::personal::Personal;

use super::{correlation, flow};

/// PS7's answer about the sample caller: authenticated, account with check digit. It has
/// undocumented keys.
pub const CONTEXT_DOCUMENT: &str = r#"{"code":"0","key":"12311","undocumented":[1.50,null],
"payload":{"u_cpf":"52998224725","u_ag":"1500","u_cc":"00052061","u_seg":"PF","u_dest":"3",
"u_numA":"11987654321","u_id":"AUT","u_dseg":"Token","u_dsok":"S","u_tpid":"123456789",
"u_ion":"x","contexto":{"u_cssc":"00052061"}}}"#;

/// The directory's answer about the sample caller's account, with one manager as an object.
pub const OWNER_DOCUMENT: &str = r#"{"data":{"id_cliente":"c-1","nome_completo":"Maria Silva",
"tipo_pessoa":"F","cpf_cnpj":"00052998224725","agencia":"1500","conta_corrente":"052061",
"identificado":"Identificado","undocumented":{"n":1e2},
"gerentes":{"racf_gerente":"GER01","codigo_cargo":"FILA-7",
"telefones":[{"ddi":"55","ddd":"11","numero":"40041234","ramal":"12"}]}}}"#;

/// A consumer's key, for example `api_key("12323213")`.
#[must_use]
pub fn api_key(text: &str) -> ApiKey {
    ApiKey::parse(text).expect("the sample key parses")
}

/// Forwarded headers with every field.
#[must_use]
pub fn all_forwarded_headers() -> ForwardedHeaders {
    ForwardedHeaders {
        correlation: Some(correlation("group-1")),
        api_key: Some(api_key("12323213")),
        ..ForwardedHeaders::of(flow(1))
    }
}

/// A query for the context with this id.
#[must_use]
pub fn context_of(id: &str) -> ContextQuery {
    let context = ContextId::parse(id).expect("the sample context id parses");
    ContextQuery { context, encoded: None }
}

/// A query for the sample caller's context.
#[must_use]
pub fn context_query() -> ContextQuery {
    context_of("CTX-MARIA")
}

/// The sample caller's account.
#[must_use]
pub fn codigo_conta() -> CodigoConta {
    CodigoConta::parse("341341150000052061", DacRule::Refuse).expect("the sample account parses")
}

/// A query for the owner of the sample caller's account.
#[must_use]
pub fn account_query() -> AccountQuery {
    AccountQuery::of(codigo_conta())
}

/// The parsed [`CONTEXT_DOCUMENT`], and the document.
#[must_use]
pub fn found_context() -> Found<CallerContext> {
    let value = CallerContext {
        identification: Some(Identification::Authenticated),
        cpf: Some(TaxId::classify("52998224725", None)),
        branch: Some(Personal::new("1500")),
        account: Some(Personal::new("00052061")),
        segment: Some(Personal::new("PF")),
        option: Some(Personal::new("3")),
        number: Some(Personal::new("11987654321")),
        device: Some(SecurityDevice::Token),
        device_confirmed: Some(Confirmation::Yes),
        identity_document: Some(Personal::new("123456789")),
        expires_at: None,
    };
    Found { value, document: Personal::new(CONTEXT_DOCUMENT) }
}

/// The parsed [`OWNER_DOCUMENT`], and the document.
#[must_use]
pub fn found_owner() -> Found<CustomerProfile> {
    let phone = Phone {
        country: Some(Personal::new("55")),
        area: Some(Personal::new("11")),
        number: Some(Personal::new("40041234")),
        extension: Some(Personal::new("12")),
        ..Phone::default()
    };
    let manager = Manager {
        user: Some(Personal::new("GER01")),
        skill_queue: Some(Personal::new("FILA-7")),
        phones: vec![phone],
        ..Manager::default()
    };
    let value = CustomerProfile {
        customer: Some(Personal::new("c-1")),
        name: Some(Personal::new("Maria Silva")),
        person: Some(PersonType::Natural),
        tax_id: Some(TaxId::classify("52998224725", None)),
        identified: Some(Personal::new("Identificado")),
        branch: Some(Personal::new("1500")),
        account: Some(Personal::new("052061")),
        managers: vec![manager],
        ..CustomerProfile::default()
    };
    Found { value, document: Personal::new(OWNER_DOCUMENT) }
}
