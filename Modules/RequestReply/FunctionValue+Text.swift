/// The text form of values, for command lines.
///
/// | text | value |
/// |---|---|
/// | `bool:true`, `int:5`, `long:5`, `float:1.5`, `double:1.5`, `string:hi` | one of a built-in type |
/// | `json/example/Profile:{"name":"Bob"}` | the JSON as written, as bytes of type `example/Profile` |
/// | `base64/example/Profile:eyJ9` | any bytes of any type |
///
/// Everything after the first colon is the value, taken as it is. In a typename `%`, `:`, `=` and what has no visible form
/// are percent-encoded.
extension FunctionValue {
    /// The text form, on one line; ``init(text:)`` reads it as the same value to the last bit.
    public var text: String {
        if let type = builtInType, let literal {
            return "\(type.rawValue):\(literal)"
        }
        let bytes = bytes
        if builtInType == nil, let json = String(validating: bytes, as: UTF8.self),
            json.unicodeScalars.allSatisfy(\.isShowable), JSONText.compacted(bytes) != nil
        {
            return "json/\(EscapedName.escape(typename)):\(json)"
        }
        return "base64/\(EscapedName.escape(typename)):\(Base64.encode(bytes))"
    }

    /// What follows the colon for a built-in type; `nil` where only bytes say it exactly.
    private var literal: String? {
        switch self {
        case .bool(let value): value.description
        case .int(let value): value.description
        case .long(let value): value.description
        case .float(let value): Float(value.description)?.bitPattern == value.bitPattern ? value.description : nil
        case .double(let value): Double(value.description)?.bitPattern == value.bitPattern ? value.description : nil
        case .string(let value): value.unicodeScalars.allSatisfy(\.isShowable) ? value : nil
        case .custom: nil
        }
    }

    /// Reads the text form.
    /// - Throws: ``FunctionValueError`` for everything else, and for a value that its type cannot hold.
    public init(text: String) throws(FunctionValueError) {
        let remedy =
            "write one of bool:true, int:5, long:5, float:1.5, double:1.5, string:hi, json/example/Type:{} or base64/example/Type:AA=="
        guard let colon = text.unicodeScalars.firstIndex(of: ":") else {
            throw FunctionValueError("\(text.shownShort) does not say its type", remedy: remedy)
        }
        let type = text[..<colon]
        let value = String(text[text.unicodeScalars.index(after: colon)...])
        if let builtIn = BuiltInType(rawValue: String(type)) {
            try self.init(parsing: value, as: builtIn)
        } else if let name = type.droppingPrefix("json/") {
            try self.init(json: value, typename: EscapedName.unescape(name))
        } else if let name = type.droppingPrefix("base64/") {
            guard let bytes = Base64.decode(value) else {
                throw FunctionValueError("\(value.shownShort) is not base64", remedy: "write groups of four characters, padded with '='")
            }
            try self.init(typename: EscapedName.unescape(name), bytes: bytes)
        } else {
            throw FunctionValueError("\(String(type).shownShort) is not a type of value", remedy: remedy)
        }
    }

    /// Reads a value of a built-in type as somebody types it, such as `5` or `true`.
    /// - Throws: ``FunctionValueError`` where `text` is no such value, or one that the type cannot hold.
    public init(parsing text: String, as type: BuiltInType) throws(FunctionValueError) {
        let value: FunctionValue? =
            switch type {
            case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
            case .int: Int32(text).map(FunctionValue.int)
            case .long: Int64(text).map(FunctionValue.long)
            case .float: Float(text).flatMap { $0.isFinite || text.isInfinityOrNaN ? .float($0) : nil }
            case .double: Double(text).flatMap { $0.isFinite || text.isInfinityOrNaN ? .double($0) : nil }
            case .string: .string(text)
            }
        guard let value else {
            throw FunctionValueError("\(text.shownShort) is not a value of type \(type.rawValue)", remedy: "write \(type.allowedValues)")
        }
        self = value
    }

    /// Reads a value of a built-in type as somebody writes it into a file or the body of a request. White space around anything
    /// but a string does not count: a file ends with a line break.
    /// - Throws: ``FunctionValueError`` where `typename` is not that of a built-in type, and where `text` is no such value.
    public init(written text: String, typename: String) throws(FunctionValueError) {
        guard let type = BuiltInType(typename: typename) else {
            throw FunctionValueError(
                "\(typename.shownShort) is no type of values that are written as text",
                remedy: "write one of \(BuiltInType.allCases.map(\.typename).joined(separator: ", "))"
            )
        }
        try self.init(parsing: type == .string ? text : text.withoutSpaceAround, as: type)
    }

    /// Makes a value of JSON text; its bytes are the text as written.
    /// - Throws: ``FunctionValueError`` where `json` is not JSON, and where the type has another form on the wire.
    public init(json: String, typename: String) throws(FunctionValueError) {
        let bytes = Array(json.utf8)
        guard JSONText.compacted(bytes) != nil else {
            throw FunctionValueError(
                "\(json.shownShort) is not JSON",
                remedy: "write a value such as {\"name\":\"Bob\"}, text in double quotes"
            )
        }
        if let type = BuiltInType(typename: typename) {
            throw FunctionValueError("a value of type \(typename) is not sent as JSON", remedy: "write \(type.rawValue):value")
        }
        try self.init(typename: typename, bytes: bytes)
    }
}

extension BuiltInType {
    fileprivate var allowedValues: String {
        switch self {
        case .bool: "true or false"
        case .int: "a whole number from \(Int32.min) to \(Int32.max)"
        case .long: "a whole number from \(Int64.min) to \(Int64.max)"
        case .float: "a number up to \(Float.greatestFiniteMagnitude), inf or nan"
        case .double: "a number up to \(Double.greatestFiniteMagnitude), inf or nan"
        case .string: "any text"
        }
    }
}

extension String {
    fileprivate var withoutSpaceAround: String {
        let isSpace: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
        guard let last = unicodeScalars.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(unicodeScalars[...last].drop(while: isSpace))
    }
}

extension StringProtocol {
    fileprivate func droppingPrefix(_ prefix: String) -> SubSequence? {
        utf8.starts(with: prefix.utf8) ? self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...] : nil
    }
}

extension String {
    /// Whether somebody asks for a value that is not a finite number, rather than for one that is too large.
    fileprivate var isInfinityOrNaN: Bool {
        let word = lowercased().drop { $0 == "-" || $0 == "+" }
        return word.hasPrefix("inf") || word.hasPrefix("nan")
    }
}
