import SpecParser

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Standard output or standard error, and what it can show.
struct Terminal: Sendable {
    static let standardOutput = Terminal(descriptor: 1)
    static let standardError = Terminal(descriptor: 2)

    let descriptor: Int32

    /// Whether a person sees this at once, rather than a file or another program.
    var isInteractive: Bool {
        isatty(descriptor) == 1
    }

    /// Whether to print colours: on a terminal only, and not where `NO_COLOR` is set or the terminal has none.
    var hasColours: Bool {
        guard isInteractive, getenv("NO_COLOR") == nil else { return false }
        return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
    }

    /// How many characters fit on a line.
    var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 120 }
        return Int(size.ws_col)
    }

    var diagnosticRenderer: DiagnosticRenderer {
        DiagnosticRenderer(colours: hasColours, width: width)
    }

    /// What the system said last.
    static var lastError: String { String(cString: strerror(errno)) }

    /// - Returns: whether everything has been written. Where whoever reads this has gone there is nobody left to tell, which counts
    ///   as written.
    @discardableResult
    func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let base = rest.baseAddress, !rest.isEmpty {
                #if canImport(Darwin)
                    let count = Darwin.write(descriptor, base, rest.count)
                #elseif canImport(Musl)
                    let count = Musl.write(descriptor, base, rest.count)
                #else
                    let count = Glibc.write(descriptor, base, rest.count)
                #endif
                if count < 0, errno != EINTR { return errno == EPIPE }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
            }
            return true
        }
    }

    /// The text in a colour, where this terminal shows colours.
    func paint(_ text: String, _ style: Style) -> String {
        hasColours ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// What a piece of text is, rather than how it looks.
    enum Style: String {
        case heading = "1"
        case quiet = "2"
        case failure = "31"
        case success = "32"
    }
}
