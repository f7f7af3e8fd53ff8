//! The two documented lookups for agents' desktops: the downstream's document returns unchanged.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use madoguchi_domain::caller::{AccountQuery, CodigoConta, ContextQuery, DacRule};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::personal::Personal;

use super::{GatewayCall, GatewayProblem};
use crate::access::Access::Gateway;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::fields::{Fields, FromFields};
use crate::problem::Problem;

pub(crate) const ROUTES: &[Entry] = &[
    Entry::post("/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos", Gateway, |it| {
        it.to(contextos)
    }),
    Entry::post("/apiaccess/rest/ccmessaging/v1/itau/codigo", Gateway, |it| it.to(codigo)),
];

/// `{"contextId": string, "encoded": string?}`. Other keys are ignored, because existing callers
/// may send some.
#[derive(Debug)]
struct ContextosBody(ContextQuery);

impl FromFields for ContextosBody {
    const KEYS: &'static [&'static str] = <ContextQuery as FromFields>::KEYS;
    const PASSES_OVER_OTHERS: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        <ContextQuery as FromFields>::read(fields).map(Self)
    }
}

/// Looks up a context.
async fn contextos(
    state: Data<AppState>,
    call: GatewayCall<ContextosBody>,
) -> Result<HttpResponse, GatewayProblem> {
    let GatewayCall { callers, act, forwarded, body: ContextosBody(query) } = call;
    let work = async move { callers.service.context(&query, &forwarded, act).await };
    Ok(as_it_came(&state.finish(work).await??.document))
}

/// `{"codigo_conta": string, "tipo_estrutura": string?, "segmento": string?, "servico_digital":
/// string?}`; other keys are ignored.
#[derive(Debug)]
struct CodigoBody(AccountQuery);

impl FromFields for CodigoBody {
    const KEYS: &'static [&'static str] =
        &["codigo_conta", "tipo_estrutura", "segmento", "servico_digital"];
    const PASSES_OVER_OTHERS: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        // The check digit is checked later, where the configured rule is known.
        let account =
            fields.text("codigo_conta", |text| CodigoConta::parse(text, DacRule::Warn))?;
        Ok(Self(AccountQuery {
            account,
            structure: fields.optional_text("tipo_estrutura", short)?,
            segment: fields.optional_text("segmento", short)?,
            digital_service: fields.optional_text("servico_digital", short)?,
        }))
    }
}

fn short(text: &str) -> Result<Personal, InvalidField> {
    if text.chars().count() > 64 || text.chars().any(char::is_control) {
        let rule = "must be at most 64 characters without control characters";
        return Err(InvalidField::new("field", rule));
    }
    Ok(Personal::new(text))
}

/// Looks up the owner of an account.
async fn codigo(
    state: Data<AppState>,
    call: GatewayCall<CodigoBody>,
) -> Result<HttpResponse, GatewayProblem> {
    let GatewayCall { callers, act, forwarded, body: CodigoBody(query) } = call;
    if let Err(refused) = CodigoConta::parse(query.account.expose(), callers.dac) {
        return Err(refused.into());
    }
    if !query.account.has_right_dac() {
        let flow = forwarded.flow.as_str();
        tracing::warn!(flow, "a codigo_conta with a wrong check digit");
    }
    let work = async move { callers.service.owner(&query, &forwarded, act).await };
    Ok(as_it_came(&state.finish(work).await??.document))
}

/// The downstream's document unchanged, with undocumented fields.
fn as_it_came(document: &Personal) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(document.expose().to_owned())
}
