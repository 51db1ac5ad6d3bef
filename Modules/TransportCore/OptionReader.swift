/// Reads the options of a transport one by one and collects every problem on the way, so that a file's author sees all of
/// them at once.
///
/// After the last option, ``finish()`` reports the keys that nobody has read.
public struct OptionReader {
    /// Everything that is wrong so far.
    public private(set) var problems: [SpecDiagnostic] = []
    /// Every option read so far, with the value that takes effect.
    public private(set) var options: [EffectiveOption] = []

    private let properties: TransportProperties
    /// Those that were read or are known otherwise. Most files have few keys to compare them with, so that they are in no table.
    private var knownPaths = ["type"]
    /// The places of values that could not be read; their defaults stand in for them.
    private var unreadable: Set<SettingSource> = []

    public init(_ properties: TransportProperties) {
        self.properties = properties
        if case .mapping = properties.node.content {
        } else if case .null = properties.node.content {
        } else {
            report(
                .error,
                at: properties.node.position,
                "the transport's options are \(properties.node.kindDescription)",
                remedy: "write keys with values below it"
            )
        }
    }

    /// Whether the file says anything about an option. Nested keys have dots between them.
    public func isSet(_ path: String) -> Bool {
        node(path) != nil
    }

    /// Reads a duration (see ``DurationText``). Zero is a problem unless `allowsZero`.
    public mutating func duration(_ path: String, default fallback: Duration, allowsZero: Bool = false) -> Setting<Duration> {
        let setting = read(path, default: fallback) { text throws(SpecTextError) in
            let duration = try DurationText.parse(text)
            guard allowsZero || duration > .zero else {
                throw SpecTextError(
                    "\(path) is zero",
                    remedy: "write a duration above zero, such as \(DurationText.format(fallback))",
                    length: text.count
                )
            }
            return duration
        }
        show(path, DurationText.format(setting.value), setting.source)
        return setting
    }

    /// Reads a whole number.
    public mutating func integer(_ path: String, default fallback: Int, in range: ClosedRange<Int>) -> Setting<Int> {
        let setting = read(path, default: fallback) { text throws(SpecTextError) in
            guard let number = Int(text) else {
                throw SpecTextError("'\(text)' is not a whole number", remedy: "write one, such as \(fallback)", length: text.count)
            }
            guard range.contains(number) else {
                throw SpecTextError(
                    "\(path) is \(number)",
                    remedy: "write a number from \(range.lowerBound) to \(range.upperBound)",
                    length: text.count
                )
            }
            return number
        }
        show(path, String(setting.value), setting.source)
        return setting
    }

    /// Reads a number from 0 to 1.
    public mutating func fraction(_ path: String, default fallback: Double) -> Setting<Double> {
        let setting = read(path, default: fallback) { text throws(SpecTextError) in
            guard let number = Double(text), (0...1).contains(number) else {
                throw SpecTextError("'\(text)' is not a number from 0 to 1", remedy: "write one, such as \(fallback)", length: text.count)
            }
            return number
        }
        show(path, String(setting.value), setting.source)
        return setting
    }

    /// Reads `true` or `false`.
    public mutating func boolean(_ path: String, default fallback: Bool) -> Setting<Bool> {
        let setting = read(path, default: fallback) { text throws(SpecTextError) in
            switch text.lowercased() {
            case "true": return true
            case "false": return false
            default: throw SpecTextError("'\(text)' is neither true nor false", remedy: "write true or false", length: text.count)
            }
        }
        show(path, String(setting.value), setting.source)
        return setting
    }

    /// Reads the path of a file. `~` stands for the home folder, and a relative path starts at the folder of the spec's file.
    public mutating func path(_ path: String) -> Setting<String>? {
        let setting = read(path, default: "") { text throws(SpecTextError) in
            let scheme = ["file://", "file:"].first { text.hasPrefix($0) } ?? ""
            let file = String(text.dropFirst(scheme.count))
            guard !file.isEmpty, !file.utf8.contains(0) else {
                throw SpecTextError("\(path) names no file", remedy: "write the path of a PEM file", length: text.count)
            }
            guard !text.hasPrefix("classpath:") else {
                throw SpecTextError(
                    "'\(text)' lies inside a Java archive",
                    remedy: "take the file out of the archive and write its path",
                    length: text.count
                )
            }
            return file
        }
        guard !setting.value.isEmpty else { return nil }
        let file = Self.expand(setting.value, from: properties.directory)
        show(path, file, setting.source)
        return Setting(file, from: setting.source)
    }

    /// Names a key that this transport reads but that has no effect; where the file sets it, it is reported as a warning.
    public mutating func withoutEffect(_ path: String, because reason: String, remedy: String) {
        know(path)
        guard let (entry, _) = entry(path) else { return }
        report(.warning, at: entry.keyPosition, length: entry.key.count, "\(path) has no effect here: \(reason)", remedy: remedy)
    }

    /// Adds a problem of several options together, at the place of one of them.
    public mutating func problem(at path: String, _ message: String, remedy: String) {
        let place = entry(path)?.entry
        report(.error, at: place?.value.position ?? properties.node.position, message, remedy: remedy)
    }

    /// Adds problems that somebody else has found.
    public mutating func add(_ found: [SpecDiagnostic]) {
        problems += found
    }

    /// A limit that may not exceed `call`: what the file says is held to it, and a default is lowered to it.
    public mutating func limit(_ path: String, default fallback: Duration, within call: Setting<Duration>) -> Setting<Duration> {
        if !isSet(path), fallback > call.value {
            know(path)
            show(path, DurationText.format(call.value), .loweredToCall)
            return Setting(call.value, from: .loweredToCall)
        }
        let setting = duration(path, default: fallback)
        if isSet(path), setting.value > call.value, isReadable(setting), isReadable(call) {
            problem(
                at: path,
                "\(path) is \(DurationText.format(setting.value)), longer than the whole call may take, \(DurationText.format(call.value)) (\(call.source))",
                remedy: "lower it, or raise the call limit"
            )
        }
        return setting
    }

    /// Reports every key that no option has asked for, with the nearest one that exists.
    public mutating func finish() -> TransportInspection {
        reportUnknown(in: properties.node, prefix: "")
        problems.sort { ($0.position ?? properties.node.position) < ($1.position ?? properties.node.position) }
        return TransportInspection(options: options, problems: problems)
    }

    // MARK: - Reading

    private mutating func read<Value: Sendable & Hashable>(
        _ path: String,
        default fallback: Value,
        _ convert: (String) throws(SpecTextError) -> Value
    ) -> Setting<Value> {
        know(path)
        guard let (entry, _) = entry(path) else { return Setting(fallback, from: .byDefault) }
        let node = entry.value
        let source = SettingSource.line(file: properties.file, entry.keyPosition)
        guard let text = node.text else {
            report(
                .error,
                at: node.position,
                "\(path) holds \(node.kindDescription)",
                remedy: "write one value after '\(entry.key):', or leave the key out for the default"
            )
            unreadable.insert(source)
            return Setting(fallback, from: source)
        }
        do throws(SpecTextError) {
            return Setting(try convert(text), from: source)
        } catch {
            report(.error, at: node.position, length: error.length, error.message, remedy: error.remedy)
            unreadable.insert(source)
            return Setting(fallback, from: source)
        }
    }

    /// Takes a key as known without reading it.
    public mutating func know(_ path: String) {
        knownPaths.append(path)
    }

    /// Whether a setting is what somebody meant: a default, or what the file says. A default that stands in for a value
    /// that could not be read says nothing about other settings.
    func isReadable<Value>(_ setting: Setting<Value>) -> Bool {
        !unreadable.contains(setting.source)
    }

    private func node(_ path: String) -> SpecNode? {
        entry(path)?.entry.value
    }

    private func entry(_ path: String) -> (entry: SpecNode.Entry, parent: SpecNode)? {
        // Most options are not nested, and most files leave most of them out.
        guard path.utf8.contains(UInt8(ascii: ".")) else {
            return properties.node.entry(path).map { ($0, properties.node) }
        }
        var parent = properties.node
        var found: SpecNode.Entry?
        for part in path.split(separator: ".") {
            if let found { parent = found.value }
            guard let next = parent.entry(String(part)) else { return nil }
            found = next
        }
        return found.map { ($0, parent) }
    }

    private mutating func reportUnknown(in node: SpecNode, prefix: String) {
        for entry in node.entries {
            let path = prefix + entry.key
            let beginning = "\(path)."
            guard knownPaths.contains(where: { $0.utf8.starts(with: beginning.utf8) }) else {
                if !knownPaths.contains(path) {
                    reportUnknown(entry, path: path, prefix: prefix)
                }
                continue
            }
            switch entry.value.content {
            case .mapping:
                reportUnknown(in: entry.value, prefix: beginning)
            case .null:
                break
            case .scalar, .sequence:
                let children = knownPathsAndParents.filter { $0.utf8.starts(with: beginning.utf8) }
                let keys = children.sorted().map { String($0.dropFirst(beginning.count)) }
                report(
                    .error,
                    at: entry.value.position,
                    "\(path) holds \(entry.value.kindDescription)",
                    remedy: "write keys with values below it: \(keys.joined(separator: ", "))"
                )
            }
        }
    }

    /// Each of the ``knownPaths`` once, and what they are in.
    private var knownPathsAndParents: Set<String> {
        var known = Set(knownPaths)
        for path in knownPaths {
            for (index, byte) in zip(path.utf8.indices, path.utf8) where byte == UInt8(ascii: ".") {
                known.insert(String(path[..<index]))
            }
        }
        return known
    }

    private mutating func reportUnknown(_ entry: SpecNode.Entry, path: String, prefix: String) {
        // A key that was put one level too high or too low is as likely as a slip of the fingers.
        let known = knownPathsAndParents
        let here = known.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains(".") }
        let nearHere = NearestName.of(entry.key, among: here.map { String($0.dropFirst(prefix.count)) }.sorted())
        let elsewhere = known.sorted().first { $0 == entry.key || $0.hasSuffix(".\(entry.key)") }
        let remedy =
            if let elsewhere {
                "write \(elsewhere)"
            } else if let nearHere {
                "write \(prefix)\(nearHere)"
            } else {
                "remove it, or write one of \(here.map { String($0.dropFirst(prefix.count)) }.sorted().joined(separator: ", "))"
            }
        report(
            .warning,
            at: entry.keyPosition,
            length: entry.key.count,
            "this transport has no option '\(path)', so it has no effect",
            remedy: remedy
        )
    }

    private mutating func report(
        _ severity: SpecDiagnostic.Severity,
        at position: SourcePosition,
        length: Int = 1,
        _ message: String,
        remedy: String
    ) {
        problems.append(SpecDiagnostic(severity, at: position, length: length, message, remedy: remedy, file: properties.file))
    }

    private mutating func show(_ path: String, _ value: String, _ source: SettingSource) {
        options.append(EffectiveOption(path, value, from: source))
    }

    static func expand(_ path: String, from directory: String) -> String {
        if path == "~" || path.hasPrefix("~/"), let home = ProcessEnvironment.home {
            return home + path.dropFirst()
        }
        if path.hasPrefix("/") || directory == "." {
            return path
        }
        return directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
    }
}
