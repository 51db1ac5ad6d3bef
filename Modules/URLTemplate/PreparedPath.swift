internal import TransportCore

/// Path and query of a template whose one placeholder stands there, ready to have a name put in without reading the URL anew.
///
/// That gives what reading it anew would give. A name of unreserved characters (RFC 3986, section 2.3) holds nothing that ends a
/// part of a URL, what is written before it cannot make an escape of it, and where not all of it are dots, the segment that it
/// stands in is neither `.` nor `..`.
struct PreparedPath: Hashable, Sendable {
    // Bytes, since every URL is put together of them.
    private let beforeName: [UInt8]
    private let afterName: [UInt8]

    /// - Parameters:
    ///   - url: what the template makes of `name`.
    ///   - name: any name of unreserved characters that are not all dots.
    /// - Returns: `nil` where a name can change more than path and query, or what is beside it there, and where it comes twice.
    init?(_ template: TemplateText, url: EndpointURL, of name: String) {
        guard case .literal(let before)? = template.segments.first, template.segments.dropFirst().first == .functionName,
            template.segments.count <= 3, let separator = before.schemeSeparator,
            let start = before.utf8[separator.upperBound...].firstIndex(where: { $0.endsAuthority }),
            !before.utf8[start...].contains(UInt8(ascii: "#")), !before.utf8.suffix(2).contains(UInt8(ascii: "%"))
        else { return nil }
        var after: [UInt8] = []
        if template.segments.count == 3 {
            guard case .literal(let text)? = template.segments.last else { return nil }
            after = Array(text.utf8.prefix { $0 != UInt8(ascii: "#") })
        }
        beforeName = (before.utf8[start] == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]) + before.utf8[start...]
        afterName = after
        guard pathAndQuery(functionName: name) == url.pathAndQuery else { return nil }
    }

    /// - Returns: `nil` where the name is not one of unreserved characters, and where it is nothing but dots.
    func pathAndQuery(functionName: String) -> String? {
        // Text that is not stored as UTF-8 (bridged, not on Linux) is left to those who read the URL as a whole.
        functionName.utf8.withContiguousStorageIfAvailable { name in
            guard name.allSatisfy(\.isUnreserved), !name.allSatisfy({ $0 == UInt8(ascii: ".") }) else { return nil }
            return String(unsafeUninitializedCapacity: beforeName.count + name.count + afterName.count) { room in
                let start = room.initialize(fromContentsOf: beforeName)
                let end = room[start...].initialize(fromContentsOf: name)
                return room[end...].initialize(fromContentsOf: afterName)
            }
        } ?? nil
    }
}

extension String {
    /// Where `://` is first.
    var schemeSeparator: Range<String.Index>? {
        var start = utf8.startIndex
        while let colon = utf8[start...].firstIndex(of: UInt8(ascii: ":")) {
            start = utf8.index(after: colon)
            if utf8[start...].starts(with: "//".utf8) { return colon..<utf8.index(start, offsetBy: 2) }
        }
        return nil
    }
}

extension UInt8 {
    /// Whether the byte may stand anywhere in a URL and means only itself (RFC 3986, section 2.3).
    var isUnreserved: Bool {
        // One bit for each character: `-`, `.`, `0` to `9`; `A` to `Z`, `_`, `a` to `z`, `~`.
        let bits: UInt64 = self < 0x40 ? 0x03FF_6000_0000_0000 : 0x47FF_FFFE_87FF_FFFE
        return self < 0x80 && bits >> UInt64(self & 0x3F) & 1 == 1
    }

    /// Whether the byte begins what follows host and port in a URL (RFC 3986, section 3.2).
    fileprivate var endsAuthority: Bool { self == UInt8(ascii: "/") || self == UInt8(ascii: "?") || self == UInt8(ascii: "#") }
}
