import AdminIO
import ArgumentParser

/// What `--admin` says.
enum AdminOption {
    /// The address of a port, with or without a host before it; `nil` where the option is not given.
    static func address(_ text: String?) throws -> AdminAddress? {
        guard let text else { return nil }
        let colon = text.lastIndex(of: ":")
        let host = colon.map { String(text[..<$0]) } ?? "127.0.0.1"
        let isName = !host.isEmpty && (!host.contains(":") || (host.hasPrefix("[") && host.hasSuffix("]")))
        guard let port = Int(colon.map { String(text[text.index(after: $0)...]) } ?? text), (0...65_535).contains(port), isName else {
            throw ValidationError("--admin is a port, or an address and a port, such as 127.0.0.1:8092 or [::1]:8092.")
        }
        return .port(host: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port: port)
    }
}
