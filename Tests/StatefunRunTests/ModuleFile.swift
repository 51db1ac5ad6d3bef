import Foundation
import TestSupport

/// Module files for functions of the published SDK, with an ingress and an egress on free ports.
enum ModuleFile {
    /// Writes `module.yaml` into a folder.
    /// - Parameters:
    ///   - url: where the functions are; nobody is called where it is `nil`.
    ///   - functions: what the endpoint serves.
    ///   - settings: lines of the endpoint's spec.
    ///   - more: further documents.
    /// - Returns: its name.
    @discardableResult
    static func write(
        _ url: String?,
        functions: String = "com.example/*",
        topics: [String] = ["greetings", "told", "totals"],
        settings: [String] = ["transport: {type: io.statefun.transports.v1/async, call: 10s}"],
        more: String = "",
        in folder: TemporaryDirectory
    ) throws -> String {
        let endpoint = url.map { url in
            """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: \(functions)
              urlPathTemplate: \(url)/{function.name}
            \(settings.map { "  \($0)" }.joined(separator: "\n"))
            ---

            """
        }
        let text = """
            kind: io.statefun.playground.v1/ingress
            spec:
              port: 0
            ---
            kind: io.statefun.playground.v1/egress
            spec:
              port: 0
              topics: [\(topics.joined(separator: ", "))]
            \(more)
            """
        try ((endpoint ?? "") + text).write(toFile: folder.file("module.yaml"), atomically: true, encoding: .utf8)
        return "module.yaml"
    }
}
