//! The owner of an account, and the owner's managers at the bank.

use super::person_type::PersonType;
use super::tax_id::TaxId;
use crate::personal::Personal;

/// The owner of an account. A field that is absent, empty or of a wrong type is `None` or
/// missing from its list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerProfile {
    /// `id_cliente`: the customer's id.
    pub customer: Option<Personal>,
    /// `nome_completo`: the full name.
    pub name: Option<Personal>,
    /// `nome_fantasia_apelido`: a trade name or nickname.
    pub trade_name: Option<Personal>,
    /// `nome_social`: the social name.
    pub social_name: Option<Personal>,
    /// `tipo_pessoa`: natural or legal.
    pub person: Option<PersonType>,
    /// `cpf_cnpj`: the number.
    pub tax_id: Option<TaxId>,
    /// `data_nascimento_fundacao`: the date of birth or foundation.
    pub born_or_founded: Option<Personal>,
    /// `identificado`: whether the bank has identified them.
    pub identified: Option<Personal>,
    /// `agencia`: the branch.
    pub branch: Option<Personal>,
    /// `conta_corrente`: the account; its check digit is not validated.
    pub account: Option<Personal>,
    /// `data_abertura_conta`: when the account was opened.
    pub opened_on: Option<Personal>,
    /// `emails`.
    pub emails: Vec<Email>,
    /// `telefones`.
    pub phones: Vec<Phone>,
    /// `gerentes`: the managers.
    pub managers: Vec<Manager>,
}

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// `email`.
    pub address: Personal,
    /// `principal`: whether it is the main one, in the bank's word.
    pub main: Option<Personal>,
    /// `data_atualizacao`: when it was entered or last changed.
    pub updated: Option<Personal>,
}

/// A phone number, in the parts received.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phone {
    /// `ddi`: the country.
    pub country: Option<Personal>,
    /// `ddd`: the area.
    pub area: Option<Personal>,
    /// `numero`: the number.
    pub number: Option<Personal>,
    /// `ramal`: the extension.
    pub extension: Option<Personal>,
    /// `celular`: a mobile number, or whether `numero` is one, in the bank's word.
    pub mobile: Option<Personal>,
    /// `principal`: whether it is the main one, in the bank's word.
    pub main: Option<Personal>,
}

/// A bank employee who serves the customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manager {
    /// `racf_gerente`: the manager's user id.
    pub user: Option<Personal>,
    /// `funcional_gerente`: the manager's number as an employee.
    pub employee: Option<Personal>,
    /// `email_gerente`.
    pub email: Option<Personal>,
    /// `segmento`.
    pub segment: Option<Personal>,
    /// `cod_carteira`: the code of the portfolio.
    pub portfolio: Option<Personal>,
    /// `plataforma`.
    pub platform: Option<Personal>,
    /// `atendimento_plataforma_digital`: service on the digital platform.
    pub digital_platform: Option<Personal>,
    /// `codigo_papel`: the code of the role.
    pub role: Option<Personal>,
    /// `descricao_categoria`: the category.
    pub category: Option<Personal>,
    /// `tipo_estrutura`: the structure.
    pub structure: Option<Personal>,
    /// `codigo_cargo`: the skill queue that a call is allocated to.
    pub skill_queue: Option<Personal>,
    /// `telefones`.
    pub phones: Vec<Phone>,
}
