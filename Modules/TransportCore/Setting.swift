/// A value together with who decided it, so that every message about a limit can say where to change it.
public struct Setting<Value: Sendable & Hashable>: Sendable, Hashable {
    public let value: Value
    public let source: SettingSource

    public init(_ value: Value, from source: SettingSource) {
        self.value = value
        self.source = source
    }
}

/// Who decided a setting.
public enum SettingSource: Sendable, Hashable, CustomStringConvertible {
    /// The documented default.
    case byDefault
    /// The documented default, lowered because the call as a whole may not take as long.
    case loweredToCall
    /// A line of a file.
    indirect case line(file: String, SourcePosition)
    /// The program, such as a flag of the command line.
    indirect case program(String)

    public var description: String {
        switch self {
        case .byDefault: "default"
        case .loweredToCall: "default, lowered to call"
        case .line(let file, let position): "\(file):\(position.line):\(position.column)"
        case .program(let name): name
        }
    }
}

/// One option of a transport as it takes effect, ready to be shown.
public struct EffectiveOption: Sendable, Hashable {
    /// The key as a spec writes it, with dots between nested keys, such as `timeouts.call`.
    public let name: String
    /// The value as a spec would write it.
    public let value: String
    public let source: SettingSource

    public init(_ name: String, _ value: String, from source: SettingSource) {
        self.name = name
        self.value = value
        self.source = source
    }
}
