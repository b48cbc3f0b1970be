"""Stories in other languages → stories in a chat's own: asks providers, and checks what they answer."""
