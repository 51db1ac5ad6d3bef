import ArgumentParser
import NIOCore

/// A line of `--host-map`: a host name of the module file, and what is called instead.
struct HostMapping: Sendable {
    /// In lower case.
    let host: String
    /// One of IPv6 without brackets.
    let address: String

    /// - Throws: `ValidationError` where the text could never have an effect.
    init(parsing text: String) throws {
        guard let equals = text.firstIndex(of: "=") else {
            throw ValidationError("'\(text)' is no host=address, such as functions=127.0.0.1.")
        }
        host = try Self.name(text[..<equals], of: text, "host").lowercased()
        address = try Self.name(text[text.index(after: equals)...], of: text, "address")
        guard (try? SocketAddress(ipAddress: host, port: 0)) == nil else {
            throw ValidationError(
                "'\(text)' has an address in place of its host, and only names are mapped; write the address to call into the module file."
            )
        }
    }

    /// A host name or an address.
    private static func name(_ part: Substring, of text: String, _ what: String) throws -> String {
        let isBracketed = part.hasPrefix("[") && part.hasSuffix("]")
        let name = String(isBracketed ? part.dropFirst().dropLast() : part)
        if (try? SocketAddress(ipAddress: name, port: 0)) != nil, !isBracketed || name.contains(":") { return name }
        guard !name.contains(":") else {
            throw ValidationError(
                "'\(text)' has a port in its \(what); write it without, such as functions=127.0.0.1: ports stay as they are."
            )
        }
        guard !name.isEmpty, name.utf8.allSatisfy(isOfNames) else {
            throw ValidationError("'\(part)' of '\(text)' is no \(what); write host=address, such as functions=127.0.0.1.")
        }
        return name
    }

    private static func isOfNames(_ byte: UInt8) -> Bool {
        switch UnicodeScalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }

    /// What each host is called as.
    /// - Throws: `ValidationError` where one is named twice.
    static func table(_ mappings: [HostMapping]) throws -> [String: String] {
        var table: [String: String] = [:]
        for mapping in mappings where table.updateValue(mapping.address, forKey: mapping.host) != nil {
            throw ValidationError("--host-map has more than one address for '\(mapping.host)'.")
        }
        return table
    }
}
