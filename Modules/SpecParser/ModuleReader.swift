internal import TransportCore

/// Reads one file, document by document.
struct ModuleReader<Target: SpecText, URL: SpecText> {
    let text: ModuleText
    let defaultTransport: Setting<String>
    var components: [ModuleComponent<Target, URL>] = []
    var partialEndpoints: [PartialEndpoint] = []
    var diagnostics: [SpecDiagnostic] = []
    var substitution: Substitution
    /// Whether the file has one document only.
    private(set) var isAlone = true
    /// Those that were read, by their text.
    var templates: [String: URL] = [:]
    private var composer: DocumentComposer
    private var locator: SourceLocator

    init(_ text: ModuleText, environment: [String: String], defaultTransport: Setting<String>) {
        self.text = text
        self.defaultTransport = defaultTransport
        self.substitution = Substitution(environment, source: text)
        self.composer = DocumentComposer(text)
        self.locator = SourceLocator(text)
    }

    mutating func read() -> ParsedModule<Target, URL> {
        var number = 0
        let documents = text.documents()
        isAlone = documents.count == 1
        for range in documents {
            let known = composer.diagnostics.count
            let document = composer.compose(range)
            if document != nil || composer.diagnostics.count > known {
                number += 1
            }
            if let document {
                readDocument(document, number: number)
            }
        }
        return ParsedModule(
            file: text.file,
            components: components,
            partialEndpoints: partialEndpoints,
            diagnostics: sortedDiagnostics()
        )
    }

    /// Everything that was found, in the order of the file, each thing once: what several aliases stand for is read as often.
    private func sortedDiagnostics() -> [SpecDiagnostic] {
        var seen: Set<SpecDiagnostic> = []
        let all = [text.encodingProblem].compactMap { $0 } + composer.diagnostics + substitution.diagnostics + diagnostics
        let unique = all.filter { seen.insert($0).inserted }
        let start = SourcePosition(line: 1, column: 1)
        return unique.enumerated()
            .sorted { ($0.element.position ?? start, $0.offset) < ($1.element.position ?? start, $1.offset) }
            .map {
                var diagnostic = $0.element
                diagnostic.file = text.file
                return diagnostic
            }
    }

    private mutating func readDocument(_ root: SpecNode, number: Int) {
        let name = "the \(ordinal(number)) document (line \(root.position.line))"
        guard case .mapping = root.content else {
            report(
                .error,
                at: root.position,
                "\(name) is \(root.kindDescription), not a component",
                "write 'kind: …' and 'spec: …' with the keys of the spec below"
            )
            return
        }
        if root["kind"] == nil, root["version"] != nil || root["module"] != nil {
            readLegacy(root)
            return
        }
        var table = KeyTable(owner: name, known: ["kind", "spec"], required: [["kind"], ["spec"]])
        table.remarks = KeyTable.remarksBesideSpec
        let keys = table.sort(root, missingAt: root.position, into: &diagnostics)
        guard let kind = keys["kind"], let spec = keys["spec"] else {
            // What the environment lacks shows all the same.
            if let spec = keys["spec"] { _ = substitution.apply(to: spec.value) }
            return
        }
        guard let kindText = kind.value.text, !kindText.isEmpty else {
            report(
                .error,
                at: kind.value.position,
                "the kind is \(kind.value.kindDescription)",
                "write a type name, such as \(ComponentKind.endpointV2)"
            )
            return
        }
        let located = Located(kindText, at: kind.value.position)
        readComponent(located, spec: spec.value, version: ComponentKind.endpointVersion(kindText), at: root.position)
    }

    /// Reads the spec of a component.
    /// - Parameter version: the form of the endpoint; `nil` for a component of another kind.
    mutating func readComponent(_ kind: Located<String>, spec: SpecNode, version: EndpointVersion?, at position: SourcePosition) {
        if let version {
            readEndpoint(spec, version: version, at: position)
            return
        }
        if let meant = ComponentKind.misspeltEndpoint(kind.value) {
            report(
                .warning,
                at: kind.position,
                length: kind.value.unicodeScalars.count,
                "'\(kind.value)' is not a kind of endpoint",
                "write \(meant)"
            )
        }
        guard spec.content != .null else {
            report(
                .error,
                at: spec.position,
                "the spec of '\(kind.value)' is empty",
                "write the keys of the component below 'spec:', indented"
            )
            return
        }
        components.append(.other(OtherComponent(kind: kind, spec: substitution.apply(to: spec), position: position)))
    }

    // MARK: - Messages

    mutating func report(
        _ severity: SpecDiagnostic.Severity,
        at position: SourcePosition,
        length: Int = 1,
        _ message: String,
        _ remedy: String,
        replacement: String? = nil
    ) {
        diagnostics.append(SpecDiagnostic(severity, at: position, length: length, message, remedy: remedy, replacement: replacement))
    }

    /// Reports a problem with a part of what a scalar says, at the exact place where the file shows it unchanged.
    mutating func report(_ error: SpecTextError, in text: String, at position: SourcePosition) {
        // Offsets count characters, columns count scalars.
        let offset = text.prefix(error.offset).unicodeScalars.count
        let length = text.dropFirst(error.offset).prefix(error.length).unicodeScalars.count
        let (place, reach) = locator.place(of: offset, length: length, in: text, at: position)
        report(.error, at: place, length: reach, error.message, error.remedy)
    }

    /// Reports a problem with all of what a scalar says.
    mutating func report(
        _ severity: SpecDiagnostic.Severity,
        scalar text: String,
        at position: SourcePosition,
        _ message: String,
        _ remedy: String,
        replacement: String? = nil
    ) {
        let (place, reach) = locator.place(of: 0, length: text.unicodeScalars.count, in: text, at: position)
        report(severity, at: place, length: reach, message, remedy, replacement: replacement)
    }

    private func ordinal(_ number: Int) -> String {
        switch (number % 10, number % 100) {
        case (_, 11...13): "\(number)th"
        case (1, _): "\(number)st"
        case (2, _): "\(number)nd"
        case (3, _): "\(number)rd"
        default: "\(number)th"
        }
    }
}
