internal import TransportCore

/// Path and query of a template whose one placeholder stands there, ready to have a name put in without reading the URL anew.
///
/// That gives what reading it anew would give. A name of unreserved characters (RFC 3986, section 2.3) holds nothing that ends a
/// part of a URL, what is written before it cannot make an escape of it, and where not all of it are dots, the segment that it
/// stands in is neither `.` nor `..`.
struct PreparedPath: Hashable, Sendable {
    private let beforeName: String
    private let afterName: String

    /// - Parameters:
    ///   - url: what the template makes of `name`.
    ///   - name: any name of unreserved characters that are not all dots.
    /// - Returns: `nil` where a name can change more than path and query, or what is beside it there, and where it comes twice.
    init?(_ template: TemplateText, url: EndpointURL, of name: String) {
        guard case .literal(let before)? = template.segments.first, template.segments.dropFirst().first == .functionName,
            template.segments.count <= 3, let scheme = before.firstRange(of: "://"),
            let start = before[scheme.upperBound...].firstIndex(where: { "/?#".contains($0) }), !before[start...].contains("#"),
            !before.suffix(2).contains("%")
        else { return nil }
        var after = ""
        if template.segments.count == 3 {
            guard case .literal(let text)? = template.segments.last else { return nil }
            after = String(text.prefix { $0 != "#" })
        }
        beforeName = (before[start] == "/" ? "" : "/") + before[start...]
        afterName = after
        guard pathAndQuery(functionName: name) == url.pathAndQuery else { return nil }
    }

    /// - Returns: `nil` where the name is not one of unreserved characters, and where it is nothing but dots.
    func pathAndQuery(functionName: String) -> String? {
        var isDots = true
        for byte in functionName.utf8 {
            guard byte.isUnreserved else { return nil }
            isDots = isDots && byte == UInt8(ascii: ".")
        }
        guard !isDots else { return nil }
        var text = beforeName
        text.reserveCapacity(beforeName.utf8.count + functionName.utf8.count + afterName.utf8.count)
        text += functionName
        text += afterName
        return text
    }
}

extension UInt8 {
    /// Whether the byte may stand anywhere in a URL and means only itself (RFC 3986, section 2.3).
    var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
