"""The only folder that knows the host: no other imports ``modules`` or gradio."""
