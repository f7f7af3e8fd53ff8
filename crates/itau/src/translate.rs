//! Translates a query to its message, and an untrusted reply to the domain's caller values.

use jiff::Timestamp;
use madoguchi_domain::caller::{
    AccountQuery, CallerContext, Confirmation, ContextQuery, CustomerProfile, Email, Found,
    Identification, Manager, PersonType, Phone, SecurityDevice, TaxId, expiry,
};
use madoguchi_domain::personal::Personal;
use madoguchi_upstream::{Object, Unreadable};
use serde::de::DeserializeOwned;

use crate::wire::{self, Payload};
use crate::wire::{
    CodigoReply, CodigoRequest, ContextosReply, ContextosRequest, Listed, Owner, Text, Verdict,
};

/// Why a reply with HTTP status 200 has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// It is not a JSON object of the documented form, or nests too deep.
    #[error("the reply cannot be read")]
    Unreadable,
    /// It reports that the lookup failed (`code` `1`).
    #[error("the reply reports a failure")]
    Failed,
}

impl From<Unreadable> for NoAnswer {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

pub(crate) fn context_request(query: &ContextQuery) -> ContextosRequest<'_> {
    ContextosRequest {
        context_id: query.context.expose(),
        encoded: query.encoded.as_ref().map(|encoded| encoded.as_str()),
    }
}

pub(crate) fn account_request(query: &AccountQuery) -> CodigoRequest<'_> {
    CodigoRequest {
        codigo_conta: query.account.expose(),
        tipo_estrutura: query.structure.as_ref().map(Personal::expose),
        segmento: query.segment.as_ref().map(Personal::expose),
        servico_digital: query.digital_service.as_ref().map(Personal::expose),
    }
}

/// Parses a reply of `contextos` with HTTP status 200.
///
/// # Errors
/// See [`NoAnswer`].
pub fn context_answer(text: &str, now: Timestamp) -> Result<Found<CallerContext>, NoAnswer> {
    let (reply, document): (ContextosReply, _) = read(text)?;
    Ok(Found { value: context(reply, now), document })
}

/// Parses a reply of `codigo` with HTTP status 200.
///
/// # Errors
/// See [`NoAnswer`].
pub fn account_answer(text: &str) -> Result<Found<CustomerProfile>, NoAnswer> {
    let (reply, document): (CodigoReply, _) = read(text)?;
    Ok(Found {
        value: reply.data.map(|Object(owner)| profile(owner)).unwrap_or_default(),
        document,
    })
}

/// Whether the body of a reply with another status reports that the lookup itself failed.
pub(crate) fn reports_failure(text: &str) -> bool {
    Object::<Verdict>::read(text).is_ok_and(|verdict| verdict.is_failure())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<(T, Personal), NoAnswer> {
    let verdict: Verdict = Object::read(text)?;
    if verdict.is_failure() {
        return Err(NoAnswer::Failed);
    }
    Ok((Object::read(text)?, Personal::new(text)))
}

fn context(reply: ContextosReply, now: Timestamp) -> CallerContext {
    let Payload { u_cpf, u_ag, u_cc, u_seg, u_dest, u_num_a, u_id, u_dseg, u_dsok, u_tpid } =
        reply.payload.unwrap_or_default().0;
    CallerContext {
        identification: u_id.as_str().map(Identification::read),
        cpf: u_cpf.as_str().map(|text| TaxId::classify(text, Some(&PersonType::Natural))),
        branch: personal(u_ag),
        account: personal(u_cc),
        segment: personal(u_seg),
        option: personal(u_dest),
        number: personal(u_num_a),
        device: u_dseg.as_str().map(SecurityDevice::read),
        device_confirmed: u_dsok.as_str().map(Confirmation::read),
        identity_document: personal(u_tpid),
        expires_at: reply.expire_in.as_str().and_then(|text| expiry(text, now)),
    }
}

fn profile(owner: Owner) -> CustomerProfile {
    let person = owner.tipo_pessoa.as_str().map(PersonType::read);
    CustomerProfile {
        customer: personal(owner.id_cliente),
        name: personal(owner.nome_completo),
        trade_name: personal(owner.nome_fantasia_apelido),
        social_name: personal(owner.nome_social),
        tax_id: owner.cpf_cnpj.as_str().map(|text| TaxId::classify(text, person.as_ref())),
        person,
        born_or_founded: personal(owner.data_nascimento_fundacao),
        identified: personal(owner.identificado),
        branch: personal(owner.agencia),
        account: personal(owner.conta_corrente),
        opened_on: personal(owner.data_abertura_conta),
        emails: owner.emails.0.into_iter().filter_map(email).collect(),
        phones: phones(owner.telefones),
        managers: owner.gerentes.0.into_iter().map(manager).collect(),
    }
}

fn email(email: wire::Email) -> Option<Email> {
    Some(Email {
        address: personal(email.email)?,
        main: personal(email.principal),
        updated: personal(email.data_atualizacao),
    })
}

fn manager(manager: wire::Manager) -> Manager {
    Manager {
        user: personal(manager.racf_gerente),
        employee: personal(manager.funcional_gerente),
        email: personal(manager.email_gerente),
        segment: personal(manager.segmento),
        portfolio: personal(manager.cod_carteira),
        platform: personal(manager.plataforma),
        digital_platform: personal(manager.atendimento_plataforma_digital),
        role: personal(manager.codigo_papel),
        category: personal(manager.descricao_categoria),
        structure: personal(manager.tipo_estrutura),
        skill_queue: personal(manager.codigo_cargo),
        phones: phones(manager.telefones),
    }
}

/// The phones that have a number in either field. The source's example includes an empty phone.
fn phones(phones: Listed<wire::Phone>) -> Vec<Phone> {
    let phone = |phone: wire::Phone| {
        let (number, mobile) = (personal(phone.numero), personal(phone.celular));
        (number.is_some() || mobile.is_some()).then(|| Phone {
            number,
            mobile,
            country: personal(phone.ddi),
            area: personal(phone.ddd),
            extension: personal(phone.ramal),
            main: personal(phone.principal),
        })
    };
    phones.0.into_iter().filter_map(phone).collect()
}

fn personal(text: Text) -> Option<Personal> {
    text.into_inner().map(Personal::new)
}

#[cfg(test)]
mod tests;
