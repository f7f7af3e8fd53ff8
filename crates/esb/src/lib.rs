//! DA21 over the bank's ESB: wire, translate, call.
