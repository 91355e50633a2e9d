"""The only room that knows the host: nothing outside it imports ``modules`` or gradio."""
