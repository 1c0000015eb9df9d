// A guest inside a quiz that shows nothing: while the quiz has the focus, keys are its own and no
// shortcuts of JupyterLab, a letter answers, and the verdict is read out.

function welcome({ target }) {
  const quiz = target.closest?.(".quiz");
  if (!quiz) return;
  target.setAttribute("data-lm-suppress-shortcuts", "true");
  quiz.querySelector(".verdict").setAttribute("aria-live", "polite");
  quiz.onkeydown = ({ key, ctrlKey, metaKey, altKey }) => {
    if (ctrlKey || metaKey || altKey) return;
    for (const button of quiz.querySelectorAll("button"))
      if (button.textContent.trim().split(" ")[0] === key) button.click();
  };
}

export default {
  render({ el }) {
    el.hidden = true;
    document.addEventListener("focusin", welcome);
    return () => document.removeEventListener("focusin", welcome);
  },
};
