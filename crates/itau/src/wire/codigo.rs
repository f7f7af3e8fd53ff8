//! The wire format of `chat_itau_codigo`: the owner of an account.

use madoguchi_upstream::Object;
use serde::{Deserialize, Serialize};

use super::{Listed, Text};

#[derive(Serialize)]
pub(crate) struct CodigoRequest<'a> {
    pub(crate) codigo_conta: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tipo_estrutura: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) segmento: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) servico_digital: Option<&'a str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CodigoReply {
    pub(crate) data: Option<Object<Owner>>,
}

/// The source's table 3.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Owner {
    pub(crate) id_cliente: Text,
    pub(crate) emails: Listed<Email>,
    pub(crate) data_abertura_conta: Text,
    pub(crate) nome_completo: Text,
    pub(crate) nome_fantasia_apelido: Text,
    pub(crate) tipo_pessoa: Text,
    pub(crate) data_nascimento_fundacao: Text,
    pub(crate) gerentes: Listed<Manager>,
    pub(crate) telefones: Listed<Phone>,
    pub(crate) identificado: Text,
    pub(crate) cpf_cnpj: Text,
    pub(crate) nome_social: Text,
    pub(crate) agencia: Text,
    pub(crate) conta_corrente: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Email {
    pub(crate) principal: Text,
    pub(crate) email: Text,
    pub(crate) data_atualizacao: Text,
}

/// The source's table 4.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Manager {
    pub(crate) email_gerente: Text,
    pub(crate) racf_gerente: Text,
    pub(crate) funcional_gerente: Text,
    pub(crate) segmento: Text,
    pub(crate) cod_carteira: Text,
    pub(crate) plataforma: Text,
    pub(crate) atendimento_plataforma_digital: Text,
    pub(crate) codigo_papel: Text,
    pub(crate) descricao_categoria: Text,
    pub(crate) tipo_estrutura: Text,
    pub(crate) telefones: Listed<Phone>,
    pub(crate) codigo_cargo: Text,
}

/// The source's table 5.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Phone {
    pub(crate) principal: Text,
    pub(crate) celular: Text,
    pub(crate) ddi: Text,
    pub(crate) ddd: Text,
    pub(crate) numero: Text,
    pub(crate) ramal: Text,
}
