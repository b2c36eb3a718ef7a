"""The door to PDFs: the library that draws them is loaded with the first one, not with the server.

Must not know what a letter says.
"""

from fhir_um.notices.letter import Letter


def pdf_of(letter: Letter) -> bytes:
    """The PDF, the same for the same letter. Raises: CannotPrint."""
    from fhir_um.notices import pdf

    return pdf.pdf_of(letter)


def left_out(text: str) -> str:
    """The characters that a PDF cannot show; plain ones it always can."""
    if text.isascii():
        return ""
    from fhir_um.notices import pdf

    return pdf.left_out(text)
