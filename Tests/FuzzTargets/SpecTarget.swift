import HTTPFunctionEndpoint
import ModuleComparison
import RequestReply
import SpecParser
import TransportCore
import TypeName
import URLTemplate

/// The text of a `module.yaml`.
enum SpecTarget {
    private typealias Module = ParsedModule<TargetFunctions, URLPathTemplate>
    private typealias Component = ModuleComponent<TargetFunctions, URLPathTemplate>

    private static let parser = ModuleParser<TargetFunctions, URLPathTemplate>()
    private static let environment = [
        "A": "value", "EMPTY": "", "N": "5", "URL": "https://example.com/{function.name}", "ODD": "${A} $ \" ' \\ \n: #",
    ]
    /// Aliases can make much of little; longer texts are not read again.
    private static let longestPrinted = 200_000

    static func run(_ bytes: UnsafeRawBufferPointer) throws(BrokenInvariant) {
        let text = ModuleText(file: "module.yaml", bytes: Array(bytes))
        let module = parser.parse(text, environment: environment)
        try check(parser.parse(text, environment: environment) == module, "a text means the same each time")
        try checkDiagnostics(module.diagnostics, in: text)
        for component in module.components {
            try checkPlaces(of: component, in: text)
        }
        try checkPrinted(module)
    }

    // MARK: - Diagnostics

    private static func checkDiagnostics(_ diagnostics: [SpecDiagnostic], in text: ModuleText) throws(BrokenInvariant) {
        for diagnostic in diagnostics {
            guard let position = diagnostic.position else { throw BrokenInvariant("every diagnostic has a place: \(diagnostic)") }
            try checkPlace(position, in: text, "\(diagnostic)")
            try check(diagnostic.file == text.file, "every diagnostic names its file: \(diagnostic)")
            try check(diagnostic.length >= 1, "every diagnostic marks something: \(diagnostic)")
            try check(!diagnostic.message.isEmpty && !diagnostic.remedy.isEmpty, "every diagnostic says what to do: \(diagnostic)")
        }
        let places = diagnostics.compactMap(\.position)
        try check(places == places.sorted(), "diagnostics are in the order of the file")
        try check(Set(diagnostics).count == diagnostics.count, "nothing is said twice")
        let shown = DiagnosticRenderer(width: 80).render(diagnostics, in: [text])
        try checkHoldsNoControls(shown.filter { $0 != "\n" }, "what is shown")
        let json = DiagnosticRenderer.json(diagnostics)
        try check((try? FunctionValue(json: json, typename: "a/b")) != nil, "diagnostics for programs are JSON: \(json)")
    }

    /// A place is in a line of the text or just behind it.
    private static func checkPlace(_ position: SourcePosition, in text: ModuleText, _ what: String) throws(BrokenInvariant) {
        guard let line = text.line(position.line) else { throw BrokenInvariant("the line is one of \(text.lineCount): \(what)") }
        let columns = line.unicodeScalars.count + 1
        try check((1...columns).contains(position.column), "the column is one of \(columns): \(what)")
    }

    private static func checkPlaces(of component: Component, in text: ModuleText) throws(BrokenInvariant) {
        switch component {
        case .endpoint(let endpoint):
            try checkPlace(endpoint.position, in: text, "an endpoint")
            try checkPlace(endpoint.targets.position, in: text, "the target \(endpoint.targets.value)")
            try checkPlace(endpoint.urlPathTemplate.position, in: text, "the URL \(endpoint.urlPathTemplate.value)")
            try checkPlace(endpoint.transport.node.position, in: text, "the transport")
        case .other(let other):
            try checkPlace(other.position, in: text, "a component")
            try checkPlace(other.kind.position, in: text, "the kind \(other.kind.value)")
            try checkPlace(other.spec.position, in: text, "a spec")
        }
    }

    // MARK: - Printing

    /// What is printed of a sound module reads as the same module, whatever the environment says by then.
    private static func checkPrinted(_ module: Module) throws(BrokenInvariant) {
        let printed = ModulePrinter().print(module)
        guard !module.hasErrors, printed.utf8.count <= longestPrinted else { return }
        let again = parser.parse(printed, file: "module.yaml", environment: ["A": "another"])
        try check(!again.hasErrors, "what is printed is sound: \(again.diagnostics) in\n\(printed)")
        try check(
            again.components.map(\.withoutPlaces) == module.components.map(\.withoutPlaces),
            "what is printed reads as what it was:\n\(printed)"
        )
        try check(ModulePrinter().print(again) == printed, "what is printed is printed the same again:\n\(printed)")
    }
}
