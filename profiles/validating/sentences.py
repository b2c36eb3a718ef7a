"""What an invariant asks, in words of ours; the guides' own sentences are not copied. Knows no message.

An invariant without a row here is told by its expression.
"""

_LONGEST_SHOWN = 300


def sentence(key: str, expression: str, title: str) -> str:
    """What to tell a sender whose message breaks an invariant.

    >>> sentence("per-1", "start <= end", "FHIR R4 Period")
    'The period ends before it starts (per-1 of FHIR R4 Period).'
    """
    known = next((words for name, mark, words in SENTENCES if name == key and mark in expression), None)
    if known is not None:
        return f"{known} ({key} of {title})."
    shown = expression if len(expression) <= _LONGEST_SHOWN else expression[:_LONGEST_SHOWN] + " ..."
    return f"{key} of {title} does not hold: {shown}"


SENTENCES: tuple[tuple[str, str, str], ...] = (
    # key, a text the expression has where guides use one key twice, what to do
    ("att-1", "", "An attachment with data says its contentType"),
    ("bdl-1", "", "Only a searchset or a history has a total"),
    ("bdl-2", "", "Only a searchset has entry.search"),
    ("bdl-3", "", "entry.request belongs to a batch, transaction or history, and each entry of those has one"),
    (
        "bdl-4",
        "",
        "entry.response belongs to the answer of a batch or transaction and to a history, and each entry has one",
    ),
    ("bdl-5", "", "An entry needs a resource, a request or a response"),
    ("bdl-7", "", "Two entries have the same fullUrl; each resource may be there only once"),
    ("bdl-8", "", "A fullUrl names no version of a resource"),
    ("bdl-9", "", "A document has an identifier with system and value"),
    ("bdl-10", "", "A document has a timestamp"),
    ("bdl-11", "", "The first entry of a document is a Composition"),
    ("bdl-12", "", "The first entry of a message is a MessageHeader"),
    ("cpt-2", "", "A contact point with a value says its system, such as phone or email"),
    ("dom-2", "", "A contained resource contains no other; put both side by side into 'contained'"),
    ("dom-3", "", "A contained resource nothing refers to; refer to it or take it out"),
    ("dom-4", "", "A contained resource has no meta.versionId and no meta.lastUpdated"),
    ("dom-5", "", "A contained resource has no security labels of its own; label the resource around it"),
    ("dom-6", "", "A resource should have a narrative (text.div)"),
    ("ext-1", "", "An extension has either a value or extensions of its own: not both, not neither"),
    ("mqty-1", "", "An amount of money has a currency code and no other system than ISO 4217"),
    ("inv-1", "part.exists()", "A parameter has a value, a resource or parts: exactly one of them"),
    ("obs-3", "", "A reference range says low, high or text"),
    ("obs-6", "", "An observation has a value or the reason for its absence, not both"),
    ("obs-7", "", "A component with the code of the observation repeats the observation's value; leave one out"),
    ("pat-1", "", "A contact has a name, a telecom, an address or an organization"),
    ("per-1", "", "The period ends before it starts"),
    ("qrs-1", "", "A group has items or answers, not both"),
    ("qty-3", "", "A quantity with a code says the code's system"),
    ("que-2", "", "Every linkId of a questionnaire is there once"),
    ("ref-1", "", "The reference names a contained resource that is not there"),
    ("sqty-1", "", "A quantity without comparator is needed here"),
    ("tim-1", "", "A duration needs a durationUnit"),
    ("tim-2", "", "A period needs a periodUnit"),
    ("txt-1", "", "A narrative holds basic HTML only: no scripts, forms, frames or styles of its own"),
    ("txt-2", "", "A narrative has some text"),
    # PAS
    ("AttachmentNeeded", "", "A Task with code attachment-request-code needs an input attachments-needed"),
    ("ClaimFirst", "", "The first entry must be the Claim"),
    ("ClaimResponseFirst", "", "The first entry must be the ClaimResponse"),
    ("FullDateRule", "", "A whole day is needed: YYYY-MM-DD, without a time"),
    ("IdentifierUnlessVO", "", "An identifier is needed unless the documents are asked for by voice (medium VO)"),
    ("ImmediateLevelOfCare", "", "An item of certification type 1 needs the extension levelOfServiceCode"),
    (
        "QuestionnaireContext",
        "",
        "A Task with code attachment-request-questionnaire needs an input questionnaire-context",
    ),
    (
        "QuestionnaireNeeded",
        "",
        "A Task with code attachment-request-questionnaire needs an input questionnaires-needed",
    ),
    ("self-beneficiary", "", "Unless the patient is the subscriber (relationship 18), name the subscriber"),
    # CRD
    ("crd-apt1", "", "An appointment has a start, its own or that of the requested period"),
    ("crd-apt2", "", "An appointment has an end, its own or that of the requested period"),
    ("crd-ci-q1", "", "A questionnaire is named only where doc-needed says that documentation is needed"),
    ("crd-ci-q2", "covered' and value = 'not-covered'", "A service that is not covered has no pa-needed"),
    ("crd-ci-q2", "", "A covered service says whether it needs an authorization (pa-needed)"),
    ("crd-ci-q3", "", "info-needed and 'conditional' go together"),
    ("crd-ci-q4", "", "Where no authorization is needed any more, no documentation is needed for one (doc-purpose)"),
    ("crd-ci-q5", "", "satisfied-pa-id is there when, and only when, pa-needed is 'satisfied'"),
    ("crd-ci-q6", "", "info-needed OTH needs a reason"),
    ("crd-ci-q7", "", "A reason outside the value set needs a text"),
    ("crd-ci-q8", "", "doc-purpose needs a reason"),
    ("crd-ci-q9", "", "'indeterminate' needs a reason"),
    ("crd-loc1", "", "A location says its type or what it is part of"),
    ("crd-tsk-d1", "", "A dispatched task names an owner or a location"),
    # DTR
    ("dtr-1", "", "Ask with an order, a questionnaire or a context"),
    ("dtrb-1", "", "The first entry must be the Questionnaire"),
    ("dtrb-2", "", "The first entry must be the QuestionnaireResponse"),
    ("dtrq-2", "", "A choice should offer its options"),
    ("dtrq-3", "", "A quantity should offer its units"),
    ("dtrq-4", "", "A question for a reference says which resource it means (referenceResource)"),
    ("dtrq-5", "", "A question for a reference should say how candidates are found"),
    ("dtrq-6", "", "A form for clinicians or patients with a completion time gives the clinical time"),
    ("dtrx-1", "", "An author is named for answers given or changed by a person, and for no others"),
    ("sdcqr-1", "", "A response should say whom it is about (subject)"),
    ("sdcqr-2", "", "Each linkId is answered once in its group"),
    # US Core
    ("pd-1", "", "A practitioner role has a telecom or an endpoint"),
    ("us-core-3", "", "A quantity is in UCUM units"),
    ("us-core-6", "family.exists()", "A name has a family or a given name, or the reason for its absence"),
    ("us-core-6", "url.exists()", "An attachment has a url or data"),
    ("us-core-8", "family.exists()", "A name has a family or a given name, or the reason for its absence"),
    ("us-core-13", "", "A practitioner role names a practitioner, organization, healthcare service or location"),
    ("us-core-14", "", "A related person has a name or a relationship"),
    ("us-core-15", "", "A coverage gives the member: an identifier of type MB, or subscriberId"),
    ("us-core-16", "", "An NPI has ten digits"),
    ("us-core-17", "", "The check digit of the NPI is wrong; look for a mistyped digit"),
    ("us-core-18", "", "A CLIA number is two digits, D and seven digits"),
    ("us-core-19", "", "A NAIC code has five digits"),
    ("us-core-21", "", "An order names its requester"),
    ("us-core-24", "", "The answer to this question about smoking is a code, not a quantity or text"),
    ("us-core-26", "", "A component has a value or the reason for its absence"),
    ("us-core-2", "", "An observation without components or members has a value or the reason for its absence"),
    ("vs-1", "", "At least a whole day is needed"),
    ("vs-2", "", "A vital sign without components or members has a value or the reason for its absence"),
    ("vs-3", "", "A component has a value or the reason for its absence"),
)
