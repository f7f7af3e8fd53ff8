//! The two documented lookups for agents' desktops: the downstream's document returns unchanged.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use madoguchi_domain::caller::{AccountQuery, CodigoConta, ContextId, DacRule, Encoded};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::personal::Personal;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;

use super::{GatewayCall, GatewayProblem};
use crate::access::Access::Gateway;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::{Field, FieldValue, bounded, field_values, text_of, text_or_null};
use crate::caller::{FORWARDED, context_query};
use crate::operation::{Answer, Operation, named};

pub(crate) const ROUTES: &[Entry] = &[
    Entry::query(
        "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos",
        Gateway,
        |it| it.to(contextos),
        CONTEXTOS,
    ),
    Entry::query("/apiaccess/rest/ccmessaging/v1/itau/codigo", Gateway, |it| it.to(codigo), CODIGO),
];

const CONTEXTOS: Operation = Operation {
    id: "contextos",
    tag: "gateway",
    summary: "Look up the context of a call",
    text: "The documented interface of PS7; 404 on a server without the gateway.",
    body: Some(named::<ContextosBody>),
    parameters: &FORWARDED,
    answers: &[Answer::json::<UpstreamDocument>(200, "The upstream system's document, unchanged.")],
    ..Operation::EMPTY
};

const CODIGO: Operation = Operation {
    id: "codigo",
    tag: "gateway",
    summary: "Look up the owner of an account",
    text: "The documented interface of `codigo`; 404 on a server without the gateway.",
    body: Some(named::<CodigoBody>),
    ..CONTEXTOS
};

/// A JSON object.
#[derive(ToSchema)]
struct UpstreamDocument {}

/// Other keys are ignored, because existing callers may send some.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Contextos)]
struct ContextosBody {
    #[schema(schema_with = text_of::<ContextId>)]
    context_id: Field<ContextId>,
    #[schema(schema_with = text_or_null::<Encoded>)]
    encoded: Option<Field<Encoded>>,
}

/// Other keys are ignored, because existing callers may send some.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Codigo)]
struct CodigoBody {
    #[schema(schema_with = text_of::<CodigoConta>)]
    codigo_conta: Field<CodigoConta>,
    #[schema(schema_with = text_or_null::<Short>)]
    tipo_estrutura: Option<Field<Short>>,
    #[schema(schema_with = text_or_null::<Short>)]
    segmento: Option<Field<Short>>,
    #[schema(schema_with = text_or_null::<Short>)]
    servico_digital: Option<Field<Short>>,
}

impl FieldValue for CodigoConta {
    /// The check digit is checked later, where the configured rule is known.
    fn parse(text: &str) -> Result<Self, InvalidField> {
        Self::parse(text, DacRule::Warn)
    }

    fn schema() -> ObjectBuilder {
        let text = "Company 3, bank 3, branch 4, account 7 and check digit 1, as digits.";
        bounded(18, 18).pattern(Some("^[0-9]*$")).description(Some(text))
    }
}

/// A short text that the upstream system interprets.
#[derive(Debug)]
struct Short(Personal);

field_values! {
    /// A text that the upstream system interprets.
    Short: bounded(0, 64).pattern(Some(r"^[^\u0000-\u001F\u007F-\u009F]*$"));
}

impl Short {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        if text.chars().count() > 64 || text.chars().any(char::is_control) {
            let rule = "must be at most 64 characters without control characters";
            return Err(InvalidField::new("field", rule));
        }
        Ok(Self(Personal::new(text)))
    }
}

impl From<CodigoBody> for AccountQuery {
    fn from(body: CodigoBody) -> Self {
        let short = |field: Option<Field<Short>>| field.map(|Field(Short(text))| text);
        Self {
            account: body.codigo_conta.0,
            structure: short(body.tipo_estrutura),
            segment: short(body.segmento),
            digital_service: short(body.servico_digital),
        }
    }
}

/// Looks up a context.
async fn contextos(
    state: Data<AppState>,
    call: GatewayCall<ContextosBody>,
) -> Result<HttpResponse, GatewayProblem> {
    let GatewayCall { callers, act, forwarded, body: ContextosBody { context_id, encoded } } = call;
    let query = context_query(context_id, encoded)?;
    let work = async move { callers.service.context(&query, &forwarded, act).await };
    Ok(unchanged(&state.finish(work).await??.document))
}

/// Looks up the owner of an account.
async fn codigo(
    state: Data<AppState>,
    call: GatewayCall<CodigoBody>,
) -> Result<HttpResponse, GatewayProblem> {
    let GatewayCall { callers, act, forwarded, body } = call;
    let query = AccountQuery::from(body);
    if let Err(refused) = CodigoConta::parse(query.account.expose(), callers.dac) {
        return Err(refused.into());
    }
    if !query.account.has_right_dac() {
        let flow = forwarded.flow.as_str();
        tracing::warn!(flow, "a codigo_conta with a wrong check digit");
    }
    let work = async move { callers.service.owner(&query, &forwarded, act).await };
    Ok(unchanged(&state.finish(work).await??.document))
}

/// The downstream's document unchanged, with undocumented fields.
fn unchanged(document: &Personal) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(document.expose().to_owned())
}
