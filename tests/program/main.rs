//! What a user meets: scenarios and what is wrong with them, the command line, campaigns, files, figures and pages.
#![allow(missing_docs)]

mod bad_input;
mod campaign;
mod campaign_steady;
mod command_line;
mod damage;
mod elsewhere;
mod emitters;
mod ensembles;
mod limits;
mod place;
mod protocol;
mod report;
mod results;
mod slips;
mod sweeps;
mod words;
mod workers;
