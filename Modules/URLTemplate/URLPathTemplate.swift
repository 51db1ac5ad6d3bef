public import TransportCore

/// The URL of an endpoint with `{function.name}` in place of the function's name
/// (HTTP Function Endpoint, "URL Template" and "Url Path Template").
///
/// The placeholder may stand anywhere after the scheme, any number of times. A template that exists is known to make
/// sound URLs, unless a function's name is one that cannot stand where the template puts it.
public struct URLPathTemplate: SpecText, CustomStringConvertible {
    /// What is known once the text has been read; shared, as tables hand out templates far more often than they read them.
    private final class Reading: Sendable {
        // What most calls look at comes first, since among many templates it has to be fetched from far memory each time.
        /// `nil` where a URL with a name in it has to be read as a whole.
        let path: PreparedPath?
        /// What the template makes of ``probe``; the URL itself where there is no placeholder.
        let probeURL: EndpointURL
        let specText: String
        let text: TemplateText

        init(_ specText: String, _ text: TemplateText, probeURL: EndpointURL, path: PreparedPath?) {
            self.specText = specText
            self.text = text
            self.probeURL = probeURL
            self.path = path
        }
    }

    private let reading: Reading

    public var specText: String { reading.specText }
    private var text: TemplateText { reading.text }
    private var probeURL: EndpointURL { reading.probeURL }

    /// The name that fits wherever any name does: one digit is a port, a label of a host name and a piece of a path.
    private static let probe = "1"

    /// The scheme, which no function's name changes.
    public var scheme: EndpointURL.Scheme { probeURL.scheme }

    /// Whether different functions have different URLs.
    public var dependsOnFunction: Bool { text.hasPlaceholder }

    public var description: String { specText }

    /// Reads a template, and checks it with a name put in.
    /// - Throws: `SpecTextError` for a placeholder that does not exist, a placeholder in the scheme, and for everything
    ///   that `EndpointURL` does not take.
    public init(specText: String) throws(SpecTextError) {
        let text = try TemplateText(specText)
        guard text.hasPlaceholder else {
            reading = Reading(specText, text, probeURL: try EndpointURL(parsing: specText), path: nil)
            return
        }
        // Before a name is put in, so that the message does not show a name that nobody wrote.
        guard case .literal(let beginning)? = text.segments.first, beginning.schemeSeparator != nil else {
            reading = Reading(specText, text, probeURL: try Self.refuseScheme(of: specText), path: nil)
            return
        }
        do throws(SpecTextError) {
            let url = try EndpointURL(parsing: text.expanded(with: Self.probe))
            reading = Reading(specText, text, probeURL: url, path: PreparedPath(text, url: url, of: Self.probe))
        } catch {
            let (range, touchesPlaceholder) = text.origin(of: error.offset..<error.offset + error.length, with: Self.probe)
            throw SpecTextError(
                touchesPlaceholder ? "with a function named '\(Self.probe)', \(error.message)" : error.message,
                remedy: error.remedy,
                offset: range.lowerBound,
                length: range.count
            )
        }
    }

    /// The URL of a function.
    ///
    /// What is not unreserved in a URL is percent-encoded as UTF-8 (RFC 3986, sections 2.1 and 2.3), so a name neither
    /// ends a path segment nor begins a query.
    /// - Parameter functionName: the name of the function's type, without its namespace.
    /// - Throws: `SpecTextError` where the name cannot stand where the template puts it, such as a space in the host; it
    ///   points into the template.
    public func resolve(functionName: String) throws(SpecTextError) -> EndpointURL {
        if let path = reading.path?.pathAndQuery(functionName: functionName) {
            return EndpointURL(reading.probeURL, knownPathAndQuery: path)
        }
        return try resolve(reading: functionName)
    }

    /// Whether the URL of a function needs no reading.
    func isPrepared(for functionName: String) -> Bool {
        reading.path?.pathAndQuery(functionName: functionName) != nil
    }

    /// Reads the URL as a whole, whatever the template and the name are.
    func resolve(reading functionName: String) throws(SpecTextError) -> EndpointURL {
        guard text.hasPlaceholder else { return probeURL }
        guard !functionName.isEmpty else {
            throw refusal("a function without a name has no URL", remedy: "call a function that has a name")
        }
        let encoded = Self.percentEncoded(functionName)
        let expanded = text.expanded(with: encoded)
        let url: EndpointURL
        do throws(SpecTextError) {
            url = try EndpointURL(parsing: expanded)
        } catch {
            let shown = expanded.count > 200 ? "\(expanded.prefix(200))…" : expanded
            throw refusal(
                "with that function's name the URL is '\(shown)', and \(error.message)",
                remedy: "move \(TemplateText.functionNamePlaceholder) into the path, where every name can stand"
            )
        }
        // A name of dots stays what it is when encoded: servers take %2E%2E for '..' too (RFC 3986, section 6.2.2.2).
        guard Self.dotSegments(in: url) == Self.dotSegments(in: probeURL) else {
            throw refusal(
                "with the function's name '\(encoded)' the path leads to another folder",
                remedy:
                    "write something beside \(TemplateText.functionNamePlaceholder), such as /function-\(TemplateText.functionNamePlaceholder)"
            )
        }
        return url
    }

    private func refusal(_ message: String, remedy: String) -> SpecTextError {
        let offset = text.segments.prefix { $0 != .functionName }.reduce(0) { $0 + $1.length }
        return SpecTextError(message, remedy: remedy, offset: offset, length: TemplateText.functionNamePlaceholder.count)
    }

    /// Says why a template that does not begin with a literal scheme has none.
    private static func refuseScheme(of specText: String) throws(SpecTextError) -> EndpointURL {
        guard specText.schemeSeparator != nil, let name = specText.firstRange(of: TemplateText.functionNamePlaceholder) else {
            return try EndpointURL(parsing: specText)
        }
        throw SpecTextError(
            "the scheme cannot depend on the function",
            remedy: "begin the URL with \(EndpointURL.schemeList), and write \(TemplateText.functionNamePlaceholder) after it",
            offset: specText.distance(from: specText.startIndex, to: name.lowerBound),
            length: TemplateText.functionNamePlaceholder.count
        )
    }

    private static func percentEncoded(_ name: String) -> String {
        var encoded = ""
        for byte in name.utf8 {
            if byte.isUnreserved {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    /// How many segments of the path are `.` or `..`, percent-encoded ones included.
    private static func dotSegments(in url: EndpointURL) -> Int {
        let path = url.pathAndQuery.utf8.prefix { $0 != UInt8(ascii: "?") }
        // Without a dot of either spelling there is nothing to look for.
        guard path.contains(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "%") }) else { return 0 }
        return path.split(separator: UInt8(ascii: "/")).count { segment in
            let plain = String(Substring(segment)).replacing("%2E", with: ".").replacing("%2e", with: ".")
            return plain == "." || plain == ".."
        }
    }
}

extension URLPathTemplate {
    // Everything else follows from the text.
    public static func == (left: Self, right: Self) -> Bool { left.specText == right.specText }

    public func hash(into hasher: inout Hasher) { hasher.combine(specText) }
}
