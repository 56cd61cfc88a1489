"""What the pictures of a service show: plain figures, and the drawing that follows from them."""
