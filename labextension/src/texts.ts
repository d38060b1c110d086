// The extension's own texts. JupyterLab's language decides; the words are those of the portal.

const CHINESE: Record<string, string> = {
  'Run all': '全部运行',
  'Run the whole notebook from top to bottom': '从上到下运行整个笔记本',
  'Submit for review': '提交评审',
  'Save the micro-project and send it to the reviewers': '保存微项目并提交给评审人',
  'Show code': '显示代码',
  'Hide code': '隐藏代码',
  'Show or hide the code behind the results': '显示或隐藏结果背后的代码',
  'This notebook does not belong to a micro-project.': '这个笔记本不属于任何微项目。',
  'A note for the reviewers (optional)': '给评审人的说明（可选）',
  'The notebook is saved and a frozen copy is checked automatically; then a colleague reviews it.':
    '系统会保存笔记本，对一份冻结的副本做自动检查，然后由同事评审。',
  'Submit': '提交',
  'Cancel': '取消',
  'Close': '关闭',
  'Saving…': '正在保存…',
  'Submitting…': '正在提交…',
  'Submission {number}': '第 {number} 次提交',
  'Waiting for the examination…': '正在等待检查…',
  'Examining…': '正在检查…',
  'The examination found nothing that stands in the way. Reviewers see it now.': '检查没有发现问题，评审人现在可以看到它。',
  'The examination found points for the reviewers. They see it now.': '检查发现了需要评审人判断的地方，评审人现在可以看到它。',
  'The examination found what must be put right before it can be published.': '检查发现了发布前必须改正的问题。',
  'The examination could not be finished.': '检查没能完成。',
  'See it in the portal': '在门户中查看',
  'To do:': '怎么办：',
  'The calculation stopped. Your choices are saved; press “Run all”.': '计算中断了。您的选择已保存，请按“全部运行”。',
  'It did not work.': '没有成功。',
  'JupyterLab is not reachable. Check whether the sandbox is still running.': '无法连接 JupyterLab，请确认沙箱仍在运行。'
};

export class Texts {
  constructor(languageCode: string) {
    this._chinese = languageCode.toLowerCase().startsWith('zh');
  }

  /** The text in the reader's language; `{name}` is filled from `fields`. */
  get(text: string, fields: Record<string, string | number> = {}): string {
    const found = this._chinese ? (CHINESE[text] ?? text) : text;
    return found.replace(/\{(\w+)\}/g, (whole, name) => String(fields[name] ?? whole));
  }

  private _chinese: boolean;
}
