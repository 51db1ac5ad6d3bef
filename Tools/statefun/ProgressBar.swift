/// Shows on a terminal how far many calls have come; on anything else it stays silent.
struct ProgressBar {
    private let terminal: Terminal
    private let total: Int
    private var shown = -1

    init(total: Int, on terminal: Terminal = .standardError) {
        self.terminal = terminal
        self.total = total
    }

    mutating func update(done: Int, failures: Int) {
        guard terminal.isInteractive, total > 1 else { return }
        let width = max(10, min(40, terminal.width - 40))
        let filled = done * width / total
        let permille = done * 1000 / total
        guard permille != shown else { return }
        shown = permille
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        terminal.write("\r\(bar) \(done)/\(total)\(failures > 0 ? ", \(failures) failed" : "")\u{1B}[K")
    }

    func finish() {
        guard terminal.isInteractive, total > 1 else { return }
        terminal.write("\r\u{1B}[K")
    }
}
