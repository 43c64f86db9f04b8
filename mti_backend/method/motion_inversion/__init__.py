"""Motion Inversion: embeddings in a text-to-video model's temporal attentions, and how they are
learned and played."""
