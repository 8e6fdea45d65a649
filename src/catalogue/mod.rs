//! The models a user can name: manifests, the Hugging Face cache, downloads and cards.
