/// One value that a function keeps, by the name that the function gives it.
///
/// Written `name=value` with the text form of ``FunctionValue``, such as `seen=int:5`; `seen=` means that there is no
/// value. In the name `%`, `:`, `=` and what has no visible form are percent-encoded.
public struct StateValue: Hashable, Sendable {
    public let name: String
    /// `nil` where the value is not set, or has been deleted.
    public let value: FunctionValue?

    public init(_ name: String, _ value: FunctionValue?) {
        self.name = name
        self.value = value
    }

    /// Reads the text form.
    /// - Throws: ``FunctionValueError`` where the name or the type of the value is missing, or the value is not one of its
    ///   type.
    public init(text: String) throws(FunctionValueError) {
        guard let equals = text.unicodeScalars.firstIndex(of: "=") else {
            throw FunctionValueError("\(text.shownShort) gives no value", remedy: "write name=type:value, such as seen=int:5")
        }
        name = try EscapedName.unescape(text[..<equals])
        guard !name.isEmpty else {
            throw FunctionValueError("\(text.shownShort) names no state", remedy: "write name=type:value, such as seen=int:5")
        }
        let value = String(text[text.unicodeScalars.index(after: equals)...])
        self.value = value.isEmpty ? nil : try FunctionValue(text: value)
    }

    /// The text form, on one line; ``init(text:)`` reads it as the same state.
    public var text: String { "\(EscapedName.escape(name))=\(value?.text ?? "")" }

    /// A JSON object for programs: `name`, and the members of the value, or `null` as its value where there is none.
    public var json: String {
        let name = JSONText.quoted(name)
        guard let value else { return JSONText.object([("name", name), ("value", "null")]) }
        return "{\"name\":\(name),\(value.json.dropFirst())"
    }
}
