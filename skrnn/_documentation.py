"""The link in scikit-learn's HTML display of an estimator."""


class DocumentationLink:
    """Give the display of an estimator a link to its page in this project's reference."""

    _doc_link_module = "skrnn"
    _doc_link_template = (
        "https://skrnn.readthedocs.io/en/stable/generated/skrnn.{estimator_name}.html"
    )

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"estimator_name": type(self).__name__}
