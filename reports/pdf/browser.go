package pdf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// ErrNoBrowser is wrapped by the error of [Find] where there is none.
var ErrNoBrowser = errors.New("no browser that prints")

// install says how a browser gets onto a system.
var install = map[string]string{
	"darwin":  "brew install --cask chromium",
	"windows": "winget install Google.Chrome",
	"linux":   "apt-get install chromium, or dnf install chromium",
}

// places lists what is looked for, in this order; a name without a folder is
// looked for in PATH.
func places(system string) []string {
	switch system {
	case "darwin":
		return []string{
			"/Applications/Chromium.app/Contents/MacOS/Chromium",
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
			"/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
			"chromium",
		}
	case "windows":
		var list []string
		for _, dir := range []string{`C:\Program Files`, `C:\Program Files (x86)`} {
			list = append(list, filepath.Join(dir, `Google\Chrome\Application\chrome.exe`), filepath.Join(dir, `Microsoft\Edge\Application\msedge.exe`))
		}
		return append(list, "chrome", "msedge")
	}
	return []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "headless-shell"}
}

// Find returns the path of the browser that prints: the given one, a path or a
// name in PATH; "" is the first of Chromium, Chrome and Edge that is there. Its
// error says what to install.
func Find(given string) (string, error) {
	if given != "" {
		path, err := exec.LookPath(given)
		if err == nil {
			return path, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			return "", fmt.Errorf("%w: %s may not be run; say where one is", ErrNoBrowser, given)
		}
		return "", fmt.Errorf("%w: there is no %s; say where one is", ErrNoBrowser, given)
	}
	for _, name := range places(runtime.GOOS) {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	how := install[runtime.GOOS]
	if how == "" {
		how = install["linux"]
	}
	return "", fmt.Errorf("%w: Chromium, Chrome or Edge makes the PDF; install one (%s), or say where it is", ErrNoBrowser, how)
}

// root says that the sandbox of a browser will not start: Chromium refuses it
// to the superuser of a Unix system.
func root() bool { return os.Geteuid() == 0 }
