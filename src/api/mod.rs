//! HTTP: what the world sees of the server.
