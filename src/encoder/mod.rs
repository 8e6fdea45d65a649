//! The brain encoder: features of a stimulus in, the response of a cortex out.
