import Foundation
import TestSupport

/// Module files for functions of the published SDK, with an ingress and an egress on free ports.
enum ModuleFile {
    /// Writes `module.yaml` into a folder.
    /// - Returns: its name.
    static func write(
        _ url: String,
        topics: [String] = ["greetings", "told", "totals"],
        more: String = "",
        in folder: TemporaryDirectory
    ) throws -> String {
        let text = """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: com.example/*
              urlPathTemplate: \(url)/{function.name}
              transport:
                type: io.statefun.transports.v1/async
                call: 10s
            ---
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
        try text.write(toFile: folder.file("module.yaml"), atomically: true, encoding: .utf8)
        return "module.yaml"
    }
}
